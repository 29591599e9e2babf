/**
 * The first Ctrl-C, SIGTERM or SIGHUP aborts the signal, so that a command cleans up; the second one finds no
 * handler any more and ends the process at once.
 */
import { CecochatError } from '../services/core/errors.ts';

interface SignalSource {
  once(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
  off(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
}

export function interruptSignal(source: SignalSource): AbortSignal {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (name: NodeJS.Signals): void => {
    for (const other of names) {
      source.off(other, stop);
    }
    controller.abort(new CecochatError('interrupted', `interrupted by ${name}`));
  };
  for (const name of names) {
    source.once(name, stop);
  }
  return controller.signal;
}
