/**
 * Ends the process of a stack with all servers that it has, and writes down that it stopped where it could not: one
 * that is killed leaves a stack.json that says that it runs.
 */
import type { Clock } from '../../../services/core/time/clock.ts';
import type { StackFolders } from '../folders.ts';
import { readState, writeState } from '../state.ts';
import { endServers, type Stray } from './end-servers.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { stopProcess, type Stopped } from './stop-process.ts';

export interface EndStackProcess {
  readonly process: ProcessIdentity;
  readonly folders: StackFolders;
  readonly clock: Clock;
  /** How long it may take to stop by itself. */
  readonly timeoutMs: number;
  /** The same for each server that it leaves. */
  readonly serversTimeoutMs: number;
  /** Called before it is killed. */
  readonly onKill?: () => void;
  readonly onKillServer?: (stray: Stray) => void;
}

/** Resolves when all of them are gone. */
export async function endStackProcess(request: EndStackProcess): Promise<Stopped> {
  const { process: target, folders, clock, timeoutMs, serversTimeoutMs, onKill, onKillServer } = request;
  const stopped = await stopProcess({ process: target, clock, timeoutMs, ...(onKill === undefined ? {} : { onKill }) });
  const left = await endServers({
    folders,
    clock,
    timeoutMs: serversTimeoutMs,
    ...(onKillServer === undefined ? {} : { onKill: onKillServer }),
  });
  await writeStopped(folders, target);
  return left > 0 && stopped === 'was not running' ? 'stopped' : stopped;
}

/** What another process wrote meanwhile stays. */
async function writeStopped(folders: StackFolders, { pid }: ProcessIdentity): Promise<void> {
  const state = await readState(folders).catch(() => undefined);
  if (state === undefined || state.status === 'stopped' || state.pid !== pid) return;
  await writeState(folders, { ...state, status: 'stopped', processes: [] });
}
