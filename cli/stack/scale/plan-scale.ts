/**
 * What it takes to have another number of messaging servers. Pure.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { messagingIds } from '../ports.ts';
import type { StackState } from '../stack-files.ts';

export interface ScalePlan {
  /** Who is to share the partitions. */
  readonly servers: readonly string[];
  readonly start: readonly string[];
  readonly stop: readonly string[];
}

/** Error: usage.invalid, when the servers cannot come or go because all share a process. */
export function planScale(
  { name, servers, processes, hosting }: Pick<StackState, 'name' | 'servers' | 'processes' | 'hosting'>,
  messaging: number,
): ScalePlan {
  const running = servers.filter((server) => server.name === 'messaging').map(({ serverId }) => serverId);
  const wanted = messagingIds(messaging);
  const start = wanted.filter((id) => !running.includes(id));
  const stop = running.filter((id) => !wanted.includes(id));
  if (hosting === undefined && processes.length === 0 && start.length + stop.length > 0) {
    const argument = name === 'default' ? '' : ` --name ${name}`;
    throw new CecochatError(
      'usage.invalid',
      `stack "${name}" runs ${running.length} messaging servers in one process, and cannot have ${messaging} while it runs`,
      {
        hint: `cecochat down${argument}, then cecochat up${argument} --messaging ${messaging}`,
        data: { stack: name, messaging: String(running.length) },
      },
    );
  }
  return { servers: wanted, start, stop };
}
