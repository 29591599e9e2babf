/**
 * What every store of user accounts keeps to. An engine's own test calls `describeUserDb` and runs all of it.
 */
import { describe, expect, test } from 'vitest';
import { parseUserId, type UserId } from '../core/ids.ts';
import type { SigningKey, UserDb } from './user-db.ts';

/** A fresh, empty store. */
export interface UserDbFixture extends AsyncDisposable {
  readonly userDb: UserDb;
  /** Closes it and opens the same data again. */
  reopen(): Promise<UserDb>;
}

const passwordHash = 'scrypt$16384$8$1$c2FsdA$aGFzaA';

export function describeUserDb(name: string, open: () => Promise<UserDbFixture>): void {
  describe(`${name}: accounts`, () => {
    test('keeps an account under its name and its id', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      const bob = await userDb.add({ userId: id(1n), name: 'bob', passwordHash, createdAtMs: 123 });
      expect(bob).toEqual({ userId: 1n, name: 'bob', passwordHash, createdAtMs: 123 });
      expect(await userDb.byName('bob')).toEqual(bob);
      expect(await userDb.byId(id(1n))).toEqual(bob);
      expect(await userDb.byName('Bob')).toBeUndefined();
      expect(await userDb.byName('')).toBeUndefined();
      expect(await userDb.byName('x'.repeat(5000))).toBeUndefined();
      expect(await userDb.byId(id(2n))).toBeUndefined();
    });

    test('gives free ids to those who ask for none, also at the same time', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      await userDb.add({ userId: id(1200n), name: 'peter', passwordHash, createdAtMs: 0 });
      const added = await Promise.all(
        ['a', 'b', 'c', 'd'].map((each) => userDb.add({ name: each, passwordHash, createdAtMs: 0 })),
      );
      const ids = new Set(added.map((account) => account.userId));
      expect(ids.size).toBe(4);
      expect(ids.has(id(1200n))).toBe(false);
    });

    test('refuses a name or an id that is taken, and changes nothing', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      await userDb.add({ userId: id(1n), name: 'bob', passwordHash, createdAtMs: 0 });
      const sameName = userDb.add({ userId: id(2n), name: 'bob', passwordHash: 'other', createdAtMs: 0 });
      await expect(sameName).rejects.toMatchObject({ code: 'user.exists' });
      const sameId = userDb.add({ userId: id(1n), name: 'alice', passwordHash, createdAtMs: 0 });
      await expect(sameId).rejects.toMatchObject({ code: 'user.exists' });
      expect((await userDb.byName('bob'))?.passwordHash).toBe(passwordHash);
      expect(await userDb.byId(id(2n))).toBeUndefined();
      expect(await userDb.byName('alice')).toBeUndefined();
    });

    test('of those who ask for a name at the same time, one gets it', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      const tries = Array.from({ length: 10 }, () => userDb.add({ name: 'bob', passwordHash, createdAtMs: 0 }));
      const outcomes = await Promise.allSettled(tries);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect(await userDb.list({ limit: 10 })).toHaveLength(1);
    });

    test('lists by name, in pages', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      for (const each of ['carol', 'alice', 'dave', 'bob'])
        await userDb.add({ name: each, passwordHash, createdAtMs: 0 });
      const names = async (query: { after?: string; limit: number }): Promise<string[]> =>
        (await userDb.list(query)).map((account) => account.name);
      expect(await names({ limit: 10 })).toEqual(['alice', 'bob', 'carol', 'dave']);
      expect(await names({ limit: 2 })).toEqual(['alice', 'bob']);
      expect(await names({ after: 'bob', limit: 2 })).toEqual(['carol', 'dave']);
      expect(await names({ after: 'bz', limit: 1 })).toEqual(['carol']);
      expect(await names({ after: 'dave', limit: 2 })).toEqual([]);
    });

    test('changes a password, of a known user only', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      const bob = await userDb.add({ name: 'bob', passwordHash, createdAtMs: 5 });
      await userDb.setPasswordHash('bob', 'new');
      expect(await userDb.byName('bob')).toEqual({ ...bob, passwordHash: 'new' });
      await expect(userDb.setPasswordHash('eve', 'new')).rejects.toMatchObject({ code: 'user.unknown' });
      expect(await userDb.byName('eve')).toBeUndefined();
    });

    test('a removed user’s name may be used again, the id never', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      const bob = await userDb.add({ name: 'bob', passwordHash, createdAtMs: 0 });
      await userDb.remove('bob');
      expect(await userDb.byName('bob')).toBeUndefined();
      expect(await userDb.byId(bob.userId)).toBeUndefined();
      await expect(userDb.remove('bob')).rejects.toMatchObject({ code: 'user.unknown' });
      const sameId = userDb.add({ userId: bob.userId, name: 'eve', passwordHash, createdAtMs: 0 });
      await expect(sameId).rejects.toMatchObject({ code: 'user.exists' });
      const reopened = await fixture.reopen();
      const again = await reopened.add({ name: 'bob', passwordHash, createdAtMs: 0 });
      expect(again.userId).not.toBe(bob.userId);
    });

    test('keeps everything when it is opened again', async () => {
      await using fixture = await open();
      const bob = await fixture.userDb.add({ userId: id(2n ** 62n), name: 'Ünï', passwordHash, createdAtMs: 1 });
      await fixture.userDb.addSigningKey(key('k1', 1));
      const reopened = await fixture.reopen();
      expect(await reopened.byName('Ünï')).toEqual(bob);
      expect(await reopened.byId(bob.userId)).toEqual(bob);
      expect(await reopened.signingKeys()).toEqual([key('k1', 1)]);
    });
  });

  describe(`${name}: signing keys`, () => {
    test('are listed newest first, and one with a known id changes nothing', async () => {
      await using fixture = await open();
      const { userDb } = fixture;
      await userDb.addSigningKey(key('k1', 1));
      await Promise.all([userDb.addSigningKey(key('k2', 2)), userDb.addSigningKey(key('k2', 9))]);
      await userDb.addSigningKey(key('k1', 7));
      const kept = await userDb.signingKeys();
      expect(kept.map((each) => each.keyId)).toEqual(['k2', 'k1']);
      expect(kept[1]).toEqual(key('k1', 1));
    });

    test('says what an answered change survives', async () => {
      await using fixture = await open();
      expect(fixture.userDb.durability.length).toBeGreaterThan(20);
    });
  });
}

function id(value: bigint): UserId {
  const parsed = parseUserId(value);
  if (parsed === undefined) throw new Error(`${value} is no user id`);
  return parsed;
}

function key(keyId: string, createdAtMs: number): SigningKey {
  return { keyId, privateJwk: `{"kid":"${keyId}","at":${createdAtMs}}`, createdAtMs };
}
