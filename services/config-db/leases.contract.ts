/**
 * What leases of every configuration database keep to.
 */
import { describe, expect, test } from 'vitest';
import type { OpenConfigDb } from './config-db.contract.ts';

const ttlMs = 5000;

export function describeLeases(name: string, open: OpenConfigDb): void {
  describe(`${name}: leases`, () => {
    test('one holder has it until it ends', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      const lease = await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs });
      expect(lease).toMatchObject({ name: 'server/s1', holder: 'a', note: '' });
      expect(await configDb.acquire({ name: 'server/s1', holder: 'b', ttlMs })).toBeUndefined();
      await fixture.pass(ttlMs + 1);
      expect(await configDb.acquire({ name: 'server/s1', holder: 'b', ttlMs })).toMatchObject({ holder: 'b' });
      expect(await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs })).toBeUndefined();
    });

    test('its holder renews it', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      const first = await configDb.acquire({ name: 'l', holder: 'a', ttlMs });
      await fixture.pass(ttlMs - 1000);
      const renewed = await configDb.acquire({ name: 'l', holder: 'a', ttlMs });
      expect(renewed?.expiresAtMs).toBeGreaterThan(first?.expiresAtMs ?? 0);
      await fixture.pass(ttlMs - 1000);
      expect(await configDb.acquire({ name: 'l', holder: 'b', ttlMs })).toBeUndefined();
    });

    test('of many who ask at the same time, one gets it', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      const claims = Array.from({ length: 50 }, (_, i) => configDb.acquire({ name: 'l', holder: `h${i}`, ttlMs }));
      const got = (await Promise.all(claims)).filter((lease) => lease !== undefined);
      expect(got).toHaveLength(1);
    });

    test('release ends it at once, for its holder only', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      await configDb.acquire({ name: 'l', holder: 'a', ttlMs });
      await configDb.release({ name: 'l', holder: 'b' });
      expect(await configDb.acquire({ name: 'l', holder: 'b', ttlMs })).toBeUndefined();
      await configDb.release({ name: 'l', holder: 'a' });
      expect(await configDb.acquire({ name: 'l', holder: 'b', ttlMs })).toMatchObject({ holder: 'b' });
      await configDb.release({ name: 'never taken', holder: 'a' });
    });

    test('its note stays until another is given, through renewals, ends and holders', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      await configDb.acquire({ name: 'generator/7', holder: 'a', ttlMs, note: '1000' });
      expect(await configDb.acquire({ name: 'generator/7', holder: 'a', ttlMs })).toMatchObject({ note: '1000' });
      await configDb.acquire({ name: 'generator/7', holder: 'a', ttlMs, note: '2000' });
      await configDb.release({ name: 'generator/7', holder: 'a' });
      expect(await configDb.acquire({ name: 'generator/7', holder: 'b', ttlMs })).toMatchObject({ note: '2000' });
      await fixture.pass(ttlMs + 1);
      const next = await configDb.acquire({ name: 'generator/7', holder: 'c', ttlMs, note: '' });
      expect(next).toMatchObject({ holder: 'c', note: '' });
    });

    test('lists by prefix, ended ones with their note as well', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      for (const name of ['generator/1', 'generator/10', 'generator/2', 'server/s1']) {
        await configDb.acquire({ name, holder: 'a', ttlMs, note: `of ${name}` });
      }
      await fixture.pass(ttlMs + 1);
      const names = async (prefix: string): Promise<string[]> =>
        (await configDb.leases(prefix)).map((lease) => lease.name).sort();
      expect(await names('generator/')).toEqual(['generator/1', 'generator/10', 'generator/2']);
      expect(await names('')).toHaveLength(4);
      expect(await names('none/')).toEqual([]);
      expect((await configDb.leases('server/'))[0]).toMatchObject({ note: 'of server/s1', holder: 'a' });
    });

    test('tells of new holders and releases, not of renewals', async () => {
      await using fixture = await open();
      const { configDb } = fixture;
      let calls = 0;
      await using _watch = configDb.watchLeases(() => (calls += 1));
      const toldAfter = async (before: number): Promise<void> =>
        expect.poll(() => calls, { timeout: 5000, interval: 5 }).toBeGreaterThan(before);
      // Another one is told as well: by then whoever subscribes has subscribed.
      await expect
        .poll(
          async () => {
            await configDb.acquire({ name: 'other', holder: String(calls), ttlMs });
            await configDb.release({ name: 'other', holder: String(calls) });
            return calls;
          },
          { timeout: 5000, interval: 5 },
        )
        .toBeGreaterThan(0);
      let before = calls;
      await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs });
      await toldAfter(before);
      before = calls;
      for (let count = 0; count < 5; count += 1) await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs });
      await configDb.release({ name: 'server/s1', holder: 'a' });
      await toldAfter(before);
      expect(calls).toBeLessThanOrEqual(before + 2);
      await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs });
      before = calls;
      await configDb.acquire({ name: 'server/s1', holder: 'a', ttlMs, note: 'something new', announce: true });
      await toldAfter(before);
    });

    test('notes are kept when it is opened again', async () => {
      await using fixture = await open();
      await fixture.configDb.acquire({ name: 'generator/1', holder: 'a', ttlMs, note: '77' });
      const reopened = await fixture.reopen();
      expect((await reopened.leases('generator/'))[0]).toMatchObject({ name: 'generator/1', note: '77' });
    });
  });
}
