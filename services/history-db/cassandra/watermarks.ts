/**
 * Watermarks by log partition and incarnation. The write time is the offset, so that a late writer never takes
 * one back. Chains are cells of maps: only those that changed are written, with the head, all or nothing.
 */
import type { CassandraSession, Statement } from '../../cassandra/cassandra-session.ts';
import { mapIn, numberIn, textIn, type Row } from '../../cassandra/row-values.ts';
import type { PartitionState } from '../../core/log/record.ts';
import type { Watermark } from '../history-db.ts';

export interface Watermarks {
  get(partition: number): Promise<Watermark | undefined>;
  /** One after the other for a partition. */
  put(partition: number, watermark: Watermark): Promise<void>;
}

interface Head extends Omit<PartitionState, 'accepted' | 'derived' | 'highestId'> {
  readonly highestId: string;
}

const select =
  'SELECT incarnation, next_offset, head, accepted, derived FROM watermarks WHERE log_partition = ? LIMIT 1';
const selectOf =
  'SELECT incarnation, next_offset, head, accepted, derived FROM watermarks WHERE log_partition = ? AND incarnation = ?';
const key = 'WHERE log_partition = ? AND incarnation = ?';
const update = `UPDATE watermarks USING TIMESTAMP ? SET next_offset = ?, head = ?, accepted = accepted + ?, derived = derived + ? ${key}`;
const remove = `UPDATE watermarks USING TIMESTAMP ? SET accepted = accepted - ?, derived = derived - ? ${key}`;

export function createWatermarks(session: Pick<CassandraSession, 'read' | 'write'>): Watermarks {
  /** What is stored for sure, by partition: its chains need not be written again. */
  const stored = new Map<number, Watermark>();

  const keep = (partition: number, found: Watermark): void => {
    const known = stored.get(partition);
    // Another process may have gone further meanwhile; a slow answer may be older than what was written since.
    if (known === undefined || isBehind(known, found)) stored.set(partition, found);
  };

  return {
    async get(partition) {
      const [row] = await session.read({ query: select, params: [partition] });
      const found = row === undefined ? undefined : toWatermark(row);
      if (found !== undefined) keep(partition, found);
      return found;
    },
    async put(partition, watermark) {
      const { incarnation } = watermark.next;
      let was = stored.get(partition);
      if (was?.next.incarnation !== incarnation) {
        const [row] = await session.read({ query: selectOf, params: [partition, incarnation] });
        was = row === undefined ? undefined : toWatermark(row);
      }
      try {
        await session.write(statementsOf(partition, watermark, was?.state));
      } catch (error) {
        // It may be in, in part of the replicas.
        stored.delete(partition);
        throw error;
      }
      if (was === undefined || !isBehind(watermark, was)) stored.set(partition, watermark);
    },
  };
}

function isBehind(one: Watermark, other: Watermark): boolean {
  if (one.next.incarnation !== other.next.incarnation) return one.next.incarnation < other.next.incarnation;
  return one.next.offset < other.next.offset;
}

function statementsOf(partition: number, watermark: Watermark, was: PartitionState | undefined): Statement[] {
  const { next, state } = watermark;
  const { accepted, derived, highestId, ...rest } = state;
  const head: Head = { ...rest, highestId: String(highestId) };
  const writeTime = BigInt(next.offset) + 1n;
  const moreAccepted = new Map<number, string>();
  for (const [source, at] of accepted) {
    const before = was?.accepted.get(source);
    if (before?.offset === at.offset && before.incarnation === at.incarnation) continue;
    moreAccepted.set(source, `${at.incarnation} ${at.offset}`);
  }
  const moreDerived = new Map<number, bigint>();
  for (const [target, offset] of derived) {
    if (was?.derived.get(target) !== offset) moreDerived.set(target, BigInt(offset));
  }
  const gone = (before: ReadonlyMap<number, unknown> | undefined, now: ReadonlyMap<number, unknown>): number[] =>
    [...(before?.keys() ?? [])].filter((each) => !now.has(each));
  const lessAccepted = gone(was?.accepted, accepted);
  const lessDerived = gone(was?.derived, derived);
  const place = [partition, next.incarnation];
  const statements: Statement[] = [
    {
      query: update,
      params: [writeTime, BigInt(next.offset), JSON.stringify(head), moreAccepted, moreDerived, ...place],
    },
  ];
  if (lessAccepted.length + lessDerived.length > 0) {
    statements.push({ query: remove, params: [writeTime, lessAccepted, lessDerived, ...place] });
  }
  return statements;
}

function toWatermark(row: Row): Watermark {
  const { highestId, ...rest } = JSON.parse(textIn(row, 'head')) as Head;
  const accepted = new Map<number, { incarnation: string; offset: number }>();
  for (const [source, at] of mapIn(row, 'accepted')) {
    const text = String(at);
    const space = text.lastIndexOf(' ');
    accepted.set(Number(source), { incarnation: text.slice(0, space), offset: Number(text.slice(space + 1)) });
  }
  const derived = new Map<number, number>();
  for (const [target, offset] of mapIn(row, 'derived')) derived.set(Number(target), Number(offset));
  return {
    next: { incarnation: textIn(row, 'incarnation'), offset: numberIn(row, 'next_offset') },
    state: { ...rest, highestId: BigInt(highestId), accepted, derived },
  };
}
