/**
 * What consumer groups of every backplane keep to.
 */
import { describe, expect, test } from 'vitest';
import type { Backplane, GroupHandler, StoredRecord } from './backplane.ts';
import type { OpenBackplane } from './backplane.contract.ts';
import { texts, values } from './recorded-tail.contract.ts';

interface RecordedMember extends GroupHandler {
  readonly has: Set<number>;
  readonly records: GroupHandler['records'];
  readonly seen: Map<number, string[]>;
  when(ready: () => boolean): Promise<void>;
}

export function describeGroups(name: string, open: OpenBackplane): void {
  describe(`${name}: groups`, () => {
    test('one member gets every partition from where it says, and all that comes', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      await backplane.append(1, values('skipped'));
      const start = await startsOf(backplane, 'end');
      await backplane.append(1, values('kept'));
      const member = recordMember(start);
      await using _membership = await backplane.openGroup('g', member);
      await member.when(() => member.has.size === backplane.partitionCount);
      await backplane.append(2, values('later'));
      await member.when(() => member.seen.size === 2);
      expect(Object.fromEntries(member.seen)).toEqual({ 1: ['kept'], 2: ['later'] });
    });

    test('spreads the partitions over its members, and gives a leaver’s to those who stay', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const progress = await startsOf(backplane, 'end');
      const one = recordMember(progress);
      const other = recordMember(progress);
      await using _membership = await backplane.openGroup('g', one);
      const leaving = await backplane.openGroup('g', other);
      await Promise.all([one.when(() => one.has.size > 0), other.when(() => other.has.size > 0)]);
      // Whichever of them sees it: a member looks at its own events only.
      const either = (ready: () => boolean): Promise<void> => Promise.race([one.when(ready), other.when(ready)]);
      await either(() => one.has.size + other.has.size === backplane.partitionCount);
      expect([...one.has].filter((partition) => other.has.has(partition))).toEqual([]);
      for (let p = 0; p < backplane.partitionCount; p++) await backplane.append(p, values(`before ${p}`));
      const all = (): number => one.seen.size + other.seen.size;
      await either(() => all() === backplane.partitionCount);
      await leaving[Symbol.asyncDispose]();
      expect(other.has.size).toBe(0);
      await one.when(() => one.has.size === backplane.partitionCount);
      for (let p = 0; p < backplane.partitionCount; p++) await backplane.append(p, values(`after ${p}`));
      const both = (p: number): string[] => [...(other.seen.get(p) ?? []), ...(one.seen.get(p) ?? [])];
      await one.when(() => [...one.has].every((p) => both(p).length === 2));
      for (let p = 0; p < backplane.partitionCount; p++) expect(both(p)).toEqual([`before ${p}`, `after ${p}`]);
    });

    test('gives a rejected batch again from the same offset, and holds the next one back meanwhile', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const member = recordMember(await startsOf(backplane, 'end'));
      const tries: string[] = [];
      const flaky: GroupHandler = {
        ...member,
        async records(partition, records) {
          tries.push(texts(records)[0] ?? '');
          if (tries.length < 3) throw new Error('not yet');
          await member.records(partition, records);
        },
      };
      await using _membership = await backplane.openGroup('g', flaky);
      await member.when(() => member.has.size === backplane.partitionCount);
      await backplane.append(1, values('a'));
      await backplane.append(1, values('b'));
      await member.when(() => member.seen.get(1)?.length === 2);
      expect(member.seen.get(1)).toEqual(['a', 'b']);
      expect(tries.slice(0, 3)).toEqual(['a', 'a', 'a']);
    });

    test('a batch holds what was waiting', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const member = recordMember(await startsOf(backplane, 'start'));
      const sent = Array.from({ length: 100 }, (_, i) => `m${i}`);
      for (const text of sent) await backplane.append(1, values(text));
      const sizes: number[] = [];
      const counting: GroupHandler = {
        ...member,
        records(partition, records) {
          sizes.push(records.length);
          return member.records(partition, records);
        },
      };
      await using _membership = await backplane.openGroup('g', counting);
      await member.when(() => member.seen.get(1)?.length === 100);
      expect(member.seen.get(1)).toEqual(sent);
      expect(sizes.length).toBeLessThan(50);
    });

    test('two groups each get everything', async () => {
      await using fixture = await open();
      const { backplane } = fixture;
      const one = recordMember(await startsOf(backplane, 'end'));
      const other = recordMember(await startsOf(backplane, 'end'));
      await using _one = await backplane.openGroup('one', one);
      await using _other = await backplane.openGroup('other', other);
      await backplane.append(3, values('a'));
      await Promise.all([one.when(() => one.seen.has(3)), other.when(() => other.seen.has(3))]);
      expect([one.seen.get(3), other.seen.get(3)]).toEqual([['a'], ['a']]);
    });
  });
}

/** Where each partition is to go on; members that share it pass it on to each other. */
async function startsOf(backplane: Backplane, side: 'start' | 'end'): Promise<Map<number, number>> {
  const progress = new Map<number, number>();
  for (let p = 0; p < backplane.partitionCount; p++) progress.set(p, (await backplane.bounds(p))[side]);
  return progress;
}

function recordMember(progress: Map<number, number>): RecordedMember {
  const has = new Set<number>();
  const seen = new Map<number, string[]>();
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  return {
    has,
    seen,
    when: (ready) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!ready()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    async assigned(partition) {
      has.add(partition);
      changed();
      return progress.get(partition) ?? 0;
    },
    async records(partition, records: readonly StoredRecord[]) {
      seen.set(partition, [...(seen.get(partition) ?? []), ...texts(records)]);
      progress.set(partition, (records.at(-1)?.offset ?? -1) + 1);
      changed();
    },
    async revoked(partition) {
      has.delete(partition);
      changed();
    },
  };
}
