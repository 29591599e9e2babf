/**
 * How the stack puts its appends together, read from the metrics of its messaging servers.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import { messageFrom } from '../../../../services/core/thrown.ts';
import type { StackAccess } from '../../../stack/running-stack.ts';

export interface AppendCounts {
  readonly requests: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
}

/** Of all its messaging servers together. Error: stack.unhealthy. */
export async function readAppendCounts(stack: StackAccess, signal: AbortSignal): Promise<AppendCounts> {
  const messaging = stack.servers.filter(({ name }) => name === 'messaging');
  // Servers that share a process share its metrics.
  const counted = stack.serverPids.length === 0 && stack.hosting === undefined ? messaging.slice(0, 1) : messaging;
  const counts = await Promise.all(counted.map(({ httpAddress }) => readCounts(`${httpAddress}/metrics`, signal)));
  return counts.reduce(countsTogether, { requests: 0, batches: 0, records: 0, bytes: 0 });
}

async function readCounts(url: string, signal: AbortSignal): Promise<AppendCounts> {
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
    const reason = messageFrom(cause);
    throw new CecochatError('stack.unhealthy', `${url} does not tell how appends are batched: ${reason}`, {
      cause,
      hint: 'a stack of an older version? "cecochat down", then "cecochat up"',
    });
  }
}

function countsTogether(one: AppendCounts, other: AppendCounts): AppendCounts {
  return {
    requests: one.requests + other.requests,
    batches: one.batches + other.batches,
    records: one.records + other.records,
    bytes: one.bytes + other.bytes,
  };
}

export function countsBetween(before: AppendCounts, after: AppendCounts): AppendCounts {
  return {
    requests: after.requests - before.requests,
    batches: after.batches - before.batches,
    records: after.records - before.records,
    bytes: after.bytes - before.bytes,
  };
}
