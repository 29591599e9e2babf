/**
 * Stops a process: asks with SIGTERM, waits, and kills it when it does not go in time.
 */
import { isErrno } from '../../../services/core/errno.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

export interface StopProcessRequest {
  readonly process: ProcessIdentity;
  readonly clock: Clock;
  /** How long it may take to go by itself. */
  readonly timeoutMs: number;
  /** Called before it is killed. */
  readonly onKill?: () => void;
}

export type Stopped = 'was not running' | 'stopped' | 'killed';

const pollMs = 15;
const killWaitMs = 5000;

/** Resolves when the process is gone. Not abortable on purpose: half a stop helps nobody, and it is bounded. */
export async function stopProcess(request: StopProcessRequest): Promise<Stopped> {
  const { process: target, timeoutMs } = request;
  if (!(await isRunning(target)) || !send(target.pid, 'SIGTERM')) {
    return 'was not running';
  }
  if (await isGoneWithin(request, timeoutMs)) {
    return 'stopped';
  }
  request.onKill?.();
  send(target.pid, 'SIGKILL');
  if (!(await isGoneWithin(request, killWaitMs))) {
    throw new Error(`process ${target.pid} is still there ${killWaitMs} ms after SIGKILL`);
  }
  return 'killed';
}

async function isGoneWithin({ process: target, clock }: StopProcessRequest, limitMs: number): Promise<boolean> {
  const endMs = clock.monotonicMs() + limitMs;
  while (await isRunning(target)) {
    if (clock.monotonicMs() >= endMs) {
      return false;
    }
    await clock.sleep(pollMs);
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) {
      return false;
    }
    throw error;
  }
}
