/**
 * How the stack puts its appends together, read from the metrics of its messaging servers.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { StackServer } from '../../../stack/stack-files.ts';

export interface AppendCounts {
  readonly requests: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
}

/** All servers of a stack share a process, and so its metrics. Error: stack.unhealthy. */
export async function readAppendCounts(servers: readonly StackServer[], signal: AbortSignal): Promise<AppendCounts> {
  const url = `${servers.find(({ name }) => name === 'messaging')?.httpAddress ?? ''}/metrics`;
  try {
    const text = await (await fetch(url, { signal })).text();
    const value = (name: keyof AppendCounts): number =>
      Number(new RegExp(`^cecochat_backplane_append_${name}_total (\\S+)$`, 'm').exec(text)?.[1]);
    const counts = {
      requests: value('requests'),
      batches: value('batches'),
      records: value('records'),
      bytes: value('bytes'),
    };
    if (Object.values(counts).some(Number.isNaN)) throw new Error('the metrics of the backplane are missing');
    return counts;
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CecochatError('stack.unhealthy', `${url} does not tell how appends are batched: ${reason}`, {
      cause,
      hint: 'a stack of an older version? "cecochat down", then "cecochat up"',
    });
  }
}

export function countsBetween(before: AppendCounts, after: AppendCounts): AppendCounts {
  return {
    requests: after.requests - before.requests,
    batches: after.batches - before.batches,
    records: after.records - before.records,
    bytes: after.bytes - before.bytes,
  };
}
