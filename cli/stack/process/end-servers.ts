/**
 * Ends the servers' processes that a supervisor left: they end by themselves when it is gone, so this waits for them,
 * and kills those that take too long.
 */
import type { Clock } from '../../../services/core/time/clock.ts';
import type { StackFolders } from '../folders.ts';
import type { ServerProcess, StackState } from '../stack-files.ts';
import { readState } from '../state.ts';
import { isRunning } from './process-identity.ts';
import { stopProcess } from './stop-process.ts';

/** A server's process that runs although its supervisor does not. */
export interface Stray {
  readonly serverId: string;
  readonly pid: number;
  readonly processStart: string;
}

export async function findStrays({ processes }: Pick<StackState, 'processes'>): Promise<Stray[]> {
  const looked = await Promise.all(processes.map(asStray));
  return looked.filter((stray) => stray !== undefined);
}

async function asStray({ serverId, pid, processStart }: ServerProcess): Promise<Stray | undefined> {
  const stray = pid === null ? undefined : { serverId, pid, processStart };
  return stray !== undefined && (await isRunning(stray)) ? stray : undefined;
}

export interface EndServers {
  readonly folders: StackFolders;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly onKill?: (stray: Stray) => void;
}

/** How many there were. What stack.json says is read now: a supervisor wrote it until it was gone. */
export async function endServers({ folders, clock, timeoutMs, onKill }: EndServers): Promise<number> {
  const state = await readState(folders).catch(() => undefined);
  const strays = state === undefined ? [] : await findStrays(state);
  await Promise.all(
    strays.map((stray) => stopProcess({ process: stray, clock, timeoutMs, onKill: () => onKill?.(stray) })),
  );
  return strays.length;
}
