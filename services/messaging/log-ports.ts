/**
 * The owner's way to the backplane: appends, terms, rereads, and the records that come back. A record that was
 * appended here and comes back byte for byte is not decoded again.
 * (What is on its way stands in arrays that stay. A Map that entries come to and go from makes a new table every few
 * changes, and each old table keeps the next one, and its entries, from young collections of garbage.)
 */
import type { Backplane, StoredRecord } from '../backplane/backplane.ts';
import { decodeRecord, encodeRecord } from '../backplane/codec.ts';
import type { ConfigDb } from '../config-db/config-db.ts';
import { findStart } from '../core/log/find-start.ts';
import type { LogEntry } from '../core/log/fold.ts';
import type { LogRecord } from '../core/log/record.ts';
import type { Clock } from '../core/time/clock.ts';
import type { Counters } from './counters.ts';
import { viewOf } from './fold-start.ts';
import type { Owner, OwnerPorts } from './owner.ts';

const mostReread = 4096;
/** Of one partition: more than an owner has on its way. */
const mostRemembered = 4096;

export interface LogPortsDependencies {
  readonly backplane: Backplane;
  readonly configDb: ConfigDb;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly owner: () => Owner;
  /** Whether records of the partition come back through `entries`. */
  readonly follows: (partition: number) => boolean;
  readonly appended: (tookMs: number) => void;
  readonly failed: (partition: number, error: unknown) => void;
}

export interface LogPorts extends Pick<OwnerPorts, 'append' | 'requestTerm' | 'protect' | 'reread'> {
  /** What the tail brought, decoded. */
  entries(partition: number, records: readonly StoredRecord[]): readonly LogEntry[];
  /** Forgets what was appended to the partition. */
  forget(partition: number): void;
}

interface Appended {
  readonly bytes: Uint8Array;
  readonly record: LogRecord;
}

export function createLogPorts(deps: LogPortsDependencies): LogPorts {
  const { backplane, configDb, clock, counters } = deps;
  const remembered: (Appended[] | undefined)[] = [];
  let asking: Map<number, number> | undefined;

  const remember = (partition: number, appended: readonly Appended[]): void => {
    const known = remembered[partition];
    if (known === undefined || known.length > mostRemembered) remembered[partition] = [...appended];
    else known.push(...appended);
  };

  const askTerms = async (asked: ReadonlyMap<number, number>): Promise<void> => {
    try {
      const term = await configDb.nextTerm(Math.max(...asked.values()));
      for (const partition of asked.keys()) deps.owner().granted(partition, term);
    } catch (error) {
      for (const partition of asked.keys()) deps.failed(partition, error);
    }
  };

  const reread = async (source: number, target: number, after: number): Promise<void> => {
    const log = viewOf(backplane, source);
    const start = await findStart(log, after + 1);
    const { end } = await log.bounds();
    const records: LogEntry[] = [];
    for (let next = start.from; next < end && (records.length < mostReread || next <= after);) {
      const more = await log.read(next, end);
      records.push(...more);
      next = (more.at(-1)?.offset ?? end) + 1;
    }
    deps.owner().rederive({ ...start, source, target, after, records });
  };

  return {
    append(partition, records, flight) {
      const appended = records.map((record) => ({ bytes: encodeRecord(record), record }));
      if (deps.follows(partition)) remember(partition, appended);
      const startedMs = clock.monotonicMs();
      const values = appended.map(({ bytes }) => bytes);
      backplane.append(partition, values).then(
        (answer) => {
          deps.appended(clock.monotonicMs() - startedMs);
          deps.owner().answered(partition, flight, answer);
        },
        (error: unknown) => deps.owner().answered(partition, flight, { error }),
      );
    },
    requestTerm(partition, above) {
      if (asking === undefined) {
        const asked = new Map<number, number>();
        asking = asked;
        setImmediate(() => {
          asking = undefined;
          void askTerms(asked);
        });
      }
      asking.set(partition, above);
    },
    protect(partition, from) {
      backplane.protect('messaging', partition, from).catch((error: unknown) => deps.failed(partition, error));
    },
    reread(source, target, after) {
      reread(source, target, after).catch((error: unknown) => deps.failed(source, error));
    },
    entries(partition, records) {
      const own = remembered[partition];
      let at = 0;
      const entries = records.map(({ offset, value }) => {
        const expected = own?.[at];
        if (expected !== undefined && isSame(expected.bytes, value)) {
          at += 1;
          counters.readBack += 1;
          return { offset, record: expected.record };
        }
        counters.decoded += 1;
        return { offset, record: decodeRecord(value) };
      });
      if (own !== undefined && at > 0) own.splice(0, at);
      return entries;
    },
    forget(partition) {
      remembered[partition] = undefined;
    },
  };
}

/** The embedded engine gives back the very same object. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || (one.length === other.length && Buffer.compare(one, other) === 0);
}
