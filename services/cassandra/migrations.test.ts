/**
 * Who migrates and who waits, against a session in memory.
 */
import { describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../core/time/clock.ts';
import { migrate, type MigrationDependencies } from './migrations.ts';
import type { Row } from './row-values.ts';

const schema = {
  component: 'letters',
  steps: [
    { version: 1, statements: ['one', 'two'] },
    { version: 2, statements: ['three'] },
  ],
};

const row = (values: Readonly<Record<string, unknown>>): Row => ({
  get: (name) => values[String(name)],
  keys: () => Object.keys(values),
  values: () => Object.values(values),
  forEach: () => expect.unreachable('nobody walks a row'),
});

function open({ heldBy = '', alterMs = 0 }: { heldBy?: string; alterMs?: number } = {}) {
  let [holder, version, atMs] = [heldBy, 0, 0];
  const done: string[] = [];
  let slept = (): void => undefined;
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => atMs,
    sleep(ms) {
      atMs += ms;
      slept();
      return Promise.resolve();
    },
  };
  const deps: MigrationDependencies = {
    clock,
    holder: 'me',
    alter(statement) {
      if (!statement.startsWith('CREATE')) done.push(statement);
      atMs += alterMs;
      return Promise.resolve();
    },
    session: {
      keyspace: 'k',
      read: ({ query }) => {
        if (query.includes('schema_locks')) return Promise.resolve(holder === '' ? [] : [row({ holder })]);
        return Promise.resolve(version === 0 ? [] : [row({ version })]);
      },
      write([statement]) {
        version = Number(statement?.params[1]);
        done.push(`version ${version}`);
        return Promise.resolve();
      },
      conditional({ query }) {
        const [verb = ''] = query.split(' ');
        done.push(verb);
        const applied = verb === 'INSERT' ? holder === '' : holder === 'me';
        if (applied) holder = verb === 'DELETE' ? '' : 'me';
        return Promise.resolve({ applied, row: applied ? undefined : row({ holder }), isRetried: false });
      },
    },
  };
  return {
    done,
    deps,
    /** The other process does something at the so-manyth sleep of this one. */
    later(sleeps: number, what: { version?: number; holder?: string }) {
      let count = 0;
      slept = () => {
        if ((count += 1) === sleeps) [version, holder] = [what.version ?? version, what.holder ?? holder];
      };
    },
  };
}

describe('a migration', () => {
  test('takes the lock, goes through the versions, and releases it', async () => {
    const { deps, done } = open();
    await migrate(deps, schema);
    expect(done).toEqual(['INSERT', 'one', 'two', 'version 1', 'three', 'version 2', 'DELETE']);
  });

  test('renews the lock only when it gets old', async () => {
    const { deps, done } = open({ alterMs: 6_000 });
    await migrate(deps, schema);
    expect(done).toEqual(['INSERT', 'one', 'two', 'version 1', 'UPDATE', 'three', 'version 2', 'DELETE']);
  });

  test('that another process makes is waited for by reads alone', async () => {
    const it = open({ heldBy: 'other' });
    it.later(40, { version: 2 });
    await migrate(it.deps, schema);
    expect(it.done).toEqual([]);
  });

  test('that another process left half done is taken over where it stopped', async () => {
    const it = open({ heldBy: 'other' });
    it.later(5, { version: 1, holder: '' });
    await migrate(it.deps, schema);
    expect(it.done).toEqual(['INSERT', 'three', 'version 2', 'DELETE']);
  });

  test('stops when its lock is another process’s by now', async () => {
    const it = open();
    const slow: MigrationDependencies = {
      ...it.deps,
      async alter(statement) {
        await it.deps.alter(statement);
        if (statement !== 'two') return;
        it.later(1, { holder: 'other' });
        await it.deps.clock.sleep(30_000);
      },
    };
    await expect(migrate(slow, schema)).rejects.toMatchObject({ code: 'engine.unavailable' });
    expect(it.done).toEqual(['INSERT', 'one', 'two', 'version 1', 'UPDATE', 'DELETE']);
  });

  test('gives up a lock that is never released', async () => {
    const { deps } = open({ heldBy: 'other' });
    await expect(migrate(deps, schema)).rejects.toMatchObject({ code: 'engine.unavailable' });
  });
});
