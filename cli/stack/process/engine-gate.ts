/**
 * Lets the servers' process start before its engines: it opens each one when `up` says that it is up.
 */
import type { Environment } from '../../commands/environment.ts';
import { parseEngineUp, type EngineName, type StackMessage } from './stack-message.ts';

export interface EngineGate {
  whenUp(engine: EngineName): Promise<void>;
  opened(engine: EngineName): void;
}

/** What is up so far, for the process that waits for it; one that takes its place is told again. */
export class EnginesUp {
  readonly #up = new Set<EngineName>();
  #tell: (engine: EngineName) => void = () => undefined;

  announce(engine: EngineName): void {
    this.#up.add(engine);
    this.#tell(engine);
  }

  listen(tell: (engine: EngineName) => void): void {
    this.#tell = tell;
    for (const engine of this.#up) tell(engine);
  }
}

/** The end of the servers' process. The waiting ends with the signal's reason when it aborts. */
export function openEngineGate(
  parent: NonNullable<Environment['parent']>,
  tell: (message: StackMessage) => void,
  signal: AbortSignal,
): EngineGate {
  const up = new Set<EngineName>();
  const waiting = new Map<EngineName, () => void>();
  parent.onMessage((message) => {
    const engine = parseEngineUp(message)?.engine;
    if (engine === undefined) return;
    up.add(engine);
    waiting.get(engine)?.();
  });
  return {
    whenUp: (engine) =>
      new Promise((resolve, reject) => {
        if (up.has(engine)) resolve();
        else if (signal.aborted) reject(signal.reason);
        else {
          waiting.set(engine, resolve);
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }
      }),
    opened: (engine) => tell({ kind: 'prepared', engine }),
  };
}
