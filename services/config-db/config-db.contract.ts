/**
 * What every configuration database keeps to. An engine's own test calls `describeConfigDb` and runs all of it.
 */
import { describe, expect, test } from 'vitest';
import type { ConfigDb, ConfigValue } from './config-db.ts';
import { describeLeases } from './leases.contract.ts';

/** A fresh, empty configuration database. */
export interface ConfigDbFixture extends AsyncDisposable {
  readonly configDb: ConfigDb;
  /** Closes it and opens the same data again. */
  reopen(): Promise<ConfigDb>;
  /** Lets this much time pass for leases. */
  pass(ms: number): Promise<void>;
}

export type OpenConfigDb = () => Promise<ConfigDbFixture>;

export function describeConfigDb(name: string, open: OpenConfigDb): void {
  describe(`${name}: configuration`, () => {
    test('is empty at version 0', async () => {
      await using fixture = await open();
      expect(await fixture.configDb.read()).toEqual({ version: 0, values: new Map() });
      expect(await fixture.configDb.log(10)).toEqual([]);
    });

    test('applies a change as a whole: values, version, log entry', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      const change = await configDb.apply(changeOf(0, { a: '1', hash: { s1: '0-179', s2: '180-359' } }));
      expect(change).toMatchObject({ version: 1, author: 'tester' });
      expect(await configDb.read()).toEqual({
        version: 1,
        values: new Map<string, ConfigValue>([
          ['a', '1'],
          ['hash', { s1: '0-179', s2: '180-359' }],
        ]),
      });
      const second = await configDb.apply(changeOf(1, { a: '2', b: 'x' }));
      expect([...second.entries].sort((x, y) => (x.key < y.key ? -1 : 1))).toEqual([
        { key: 'a', before: '1', after: '2' },
        { key: 'b', before: undefined, after: 'x' },
      ]);
      expect((await configDb.log(10)).map((entry) => entry.version)).toEqual([2, 1]);
      expect((await configDb.log(1))[0]).toEqual(second);
      expect(await configDb.log(0)).toEqual([]);
    });

    test('removes a key', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      await configDb.apply(changeOf(0, { a: '1', b: '2' }));
      const change = await configDb.apply(changeOf(1, { a: undefined }));
      expect(change.entries).toEqual([{ key: 'a', before: '1', after: undefined }]);
      expect((await configDb.read()).values).toEqual(new Map([['b', '2']]));
      expect((await configDb.log(1))[0]?.entries[0]).toEqual({ key: 'a', before: '1', after: undefined });
    });

    test('refuses a change made for another version, and keeps everything as it was', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      await configDb.apply(changeOf(0, { a: '1' }));
      for (const expected of [0, 2]) {
        await expect(configDb.apply(changeOf(expected, { a: '2' }))).rejects.toMatchObject({ code: 'config.conflict' });
      }
      expect(await configDb.read()).toEqual({ version: 1, values: new Map([['a', '1']]) });
      expect(await configDb.log(10)).toHaveLength(1);
    });

    test('of changes made at the same time for one version, one wins', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      const tries = Array.from({ length: 10 }, (_, i) => configDb.apply(changeOf(0, { a: `${i}` })));
      const outcomes = await Promise.allSettled(tries);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect((await configDb.read()).version).toBe(1);
    });

    test('tells watchers of each change once read shows it, until they are disposed', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      let watch: AsyncDisposable | undefined;
      let told = 0;
      const shown = new Promise<void>((resolve) => {
        watch = configDb.watch(() => {
          told += 1;
          void configDb.read().then(({ version }) => (version === 1 ? resolve() : undefined));
        });
      });
      await configDb.apply(changeOf(0, { a: '1' }));
      await shown;
      await watch?.[Symbol.asyncDispose]();
      const before = told;
      let other: AsyncDisposable | undefined;
      const otherTold = new Promise<void>((resolve) => {
        other = configDb.watch(resolve);
      });
      await configDb.apply(changeOf(1, { a: '2' }));
      await otherTold;
      await other?.[Symbol.asyncDispose]();
      expect(told).toBe(before);
    });

    test('keeps configuration, log and terms when it is opened again', async () => {
      await using fixture = await open();
      const change = await fixture.configDb.apply(changeOf(0, { a: '1', ключ: { x: '✓' } }));
      const snapshot = await fixture.configDb.read();
      const term = await fixture.configDb.nextTerm(41);
      const reopened = await fixture.reopen();
      expect(await reopened.read()).toEqual(snapshot);
      expect(await reopened.log(5)).toEqual([change]);
      expect(await reopened.nextTerm(0)).toBeGreaterThan(term);
    });

    test('terms grow, above every earlier one and above what is asked', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      const terms = await Promise.all(Array.from({ length: 300 }, () => configDb.nextTerm(0)));
      expect(new Set(terms).size).toBe(300);
      const high = await configDb.nextTerm(10_000);
      expect(high).toBeGreaterThan(10_000);
      expect(await configDb.nextTerm(5)).toBeGreaterThan(high);
    });

    test('says what an answered change survives', async () => {
      await using fixture = await open();
      expect(fixture.configDb.durability.length).toBeGreaterThan(20);
    });
  });

  describeLeases(name, open);
}

function changeOf(
  expectedVersion: number,
  values: Record<string, ConfigValue | undefined>,
): Parameters<ConfigDb['apply']>[0] {
  return { expectedVersion, author: 'tester', values: new Map(Object.entries(values)) };
}
