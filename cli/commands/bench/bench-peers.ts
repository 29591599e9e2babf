/**
 * Sessions for a benchmark, with limits of their own, and where each of their users is served.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { parseUserId } from '../../../services/core/ids.ts';
import { partitionOf } from '../../../services/core/partitioning.ts';
import { callHttp, field, textField } from '../../client/http-json.ts';
import type { StackAccess } from '../../stack/running-stack.ts';
import type { Peer } from './orders.ts';

const limits = { sendsPerSecond: 1_000_000, sendsBurst: 1_000_000, sendsInFlight: 100_000 };
const mostAtOnce = 5_000;

/** `count` users "bench-1" and so on. Errors: of profile and configurator, as they answer. */
export async function createPeers(stack: StackAccess, count: number, signal: AbortSignal): Promise<Peer[]> {
  const addressOf = await readAddresses(stack, signal);
  const peers: Peer[] = [];
  const url = `${stack.profileUrl}/api/admin/bench-sessions`;
  while (peers.length < count) {
    const body = { count: Math.min(mostAtOnce, count - peers.length), first: peers.length + 1, limits };
    const answer = await callHttp({ url, method: 'POST', token: stack.adminToken, body, signal });
    const sessions = field(answer, 'sessions');
    if (!Array.isArray(sessions) || sessions.length === 0) {
      throw new CecochatError('internal', `${url} answered without sessions`);
    }
    for (const session of sessions) {
      const token = textField(session, 'accessToken');
      const userId = textField(session, 'userId');
      if (token === undefined || userId === undefined) {
        throw new CecochatError('internal', `${url} answered with something that is no session`);
      }
      peers.push({ token, userId, address: addressOf(userId) });
    }
  }
  return peers;
}

/** From the dynamic configuration: asking connect for thousands of users would be a benchmark of connect. */
async function readAddresses(stack: StackAccess, signal: AbortSignal): Promise<(userId: string) => string> {
  const url = `${stack.configuratorUrl}/api/config`;
  const values = field(await callHttp({ url, method: 'GET', token: stack.adminToken, signal }), 'values');
  const partitionCount = Number(textField(values, 'partitioning.partition-count'));
  const ranges = Object.entries(textsOf(field(values, 'partitioning.server-partitions')));
  const addresses = textsOf(field(values, 'partitioning.server-addresses'));
  const byPartition = new Map<number, string>();
  for (const [server, text] of ranges) {
    for (const partition of partitionsOf(text)) byPartition.set(partition, addresses[server] ?? '');
  }
  return (text) => {
    const userId = parseUserId(text);
    const partition = userId === undefined ? -1 : partitionOf(userId, partitionCount);
    const address = byPartition.get(partition);
    if (address === undefined || address === '') {
      throw new CecochatError('internal', `the dynamic configuration names no server for user ${text}`, {
        hint: 'cecochat config list',
      });
    }
    return address;
  };
}

function partitionsOf(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
