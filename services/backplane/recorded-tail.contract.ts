/**
 * A tail that keeps what it is given, for the contract suite.
 */
import type { Backplane, StoredRecord, Tail } from './backplane.ts';

export interface RecordedTail extends Tail {
  of(partition: number): readonly StoredRecord[];
  /** Resolves with the partition's records once there are at least `count`. */
  until(partition: number, count: number): Promise<readonly StoredRecord[]>;
  failure(partition: number): Promise<unknown>;
}

export function recordTail(
  backplane: Backplane,
  hold: (partition: number) => Promise<void> | undefined = () => undefined,
): RecordedTail {
  const records = new Map<number, StoredRecord[]>();
  const failures = new Map<number, unknown>();
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  const when = <T>(ready: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const value = ready();
        if (value === undefined) return;
        watchers.delete(look);
        resolve(value);
      };
      watchers.add(look);
      look();
    });
  const of = (partition: number): readonly StoredRecord[] => records.get(partition) ?? [];
  const tail = backplane.openTail({
    records(partition, batch) {
      records.set(partition, [...of(partition), ...batch]);
      changed();
      return hold(partition);
    },
    failed(partition, error) {
      failures.set(partition, error);
      changed();
    },
  });
  return {
    assign: (partition, from) => tail.assign(partition, from),
    unassign: (partition) => tail.unassign(partition),
    of,
    until: (partition, count) => when(() => (of(partition).length >= count ? of(partition) : undefined)),
    failure: (partition) => when(() => failures.get(partition)),
    [Symbol.asyncDispose]: () => tail[Symbol.asyncDispose](),
  };
}

export function values(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text));
}

export function texts(records: readonly StoredRecord[]): string[] {
  return records.map((record) => Buffer.from(record.value).toString());
}
