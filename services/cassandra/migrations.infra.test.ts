import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { requireEngine } from '../engines.fixture.ts';
import { keyspaceFixture } from './cassandra.fixture.ts';
import { openCassandra } from './open-cassandra.ts';

const run = promisify(execFile);
const cassandra = requireEngine('CECOCHAT_TEST_CASSANDRA');
const schema = {
  component: 'letters',
  steps: [
    { version: 1, statements: ['CREATE TABLE IF NOT EXISTS letters (id int PRIMARY KEY)'] },
    { version: 2, statements: ['ALTER TABLE letters ADD IF NOT EXISTS body text'] },
  ],
};

test('several processes that start on an empty Cassandra all find the newest schema', async () => {
  await using keyspace = keyspaceFixture(cassandra);
  const program = join(import.meta.dirname, 'migrate.fixture.ts');
  const args = ['--import', 'tsx', program, cassandra, keyspace.options.keyspace];
  await Promise.all(Array.from({ length: 3 }, () => run(process.execPath, args)));
  await using session = await openCassandra(keyspace.options);
  const versions = await session.read({ query: 'SELECT component, version FROM schema_versions', params: [] });
  expect(versions.map((row) => `${row.get('component')} ${row.get('version')}`).toSorted()).toEqual([
    'history 1',
    'users 1',
  ]);
  expect(await session.read({ query: 'SELECT * FROM schema_locks', params: [] })).toEqual([]);
});

test('goes through the versions that are missing, and repeats a step that was cut short', async () => {
  await using keyspace = keyspaceFixture(cassandra);
  await using session = await openCassandra(keyspace.options);
  await session.migrate({ ...schema, steps: schema.steps.slice(0, 1) });
  await session.write([{ query: 'INSERT INTO letters (id) VALUES (?)', params: [1] }]);
  await session
    .migrate({
      ...schema,
      steps: [
        schema.steps[0] ?? { version: 1, statements: [] },
        { version: 2, statements: [...(schema.steps[1]?.statements ?? []), 'NONSENSE'] },
      ],
    })
    .catch(() => undefined);
  await session.migrate(schema);
  await session.migrate(schema);
  const [row] = await session.read({ query: 'SELECT id, body FROM letters', params: [] });
  expect(row?.get('id')).toBe(1);
});

test('a schema newer than this program knows is refused and left alone', async () => {
  await using keyspace = keyspaceFixture(cassandra);
  await using session = await openCassandra(keyspace.options);
  await session.migrate(schema);
  const older = session.migrate({ ...schema, steps: schema.steps.slice(0, 1) });
  await expect(older).rejects.toMatchObject({ code: 'data.newer', data: { found: '2', known: '1' } });
});

test('a lock that its holder never released ends by itself', async () => {
  await using keyspace = keyspaceFixture(cassandra);
  await using session = await openCassandra(keyspace.options);
  await session.migrate({ component: 'nothing', steps: [{ version: 1, statements: [] }] });
  const query = "INSERT INTO schema_locks (name, holder) VALUES ('migrations', 'dead') USING TTL 5";
  await session.write([{ query, params: [] }]);
  await session.migrate(schema);
  expect(await session.read({ query: 'SELECT * FROM letters', params: [] })).toEqual([]);
});

test('what cannot be used is told before anything is changed', async () => {
  await using keyspace = keyspaceFixture(cassandra);
  const { options } = keyspace;
  const elsewhere = openCassandra({ ...options, localDataCenter: 'elsewhere' });
  await expect(elsewhere).rejects.toMatchObject({ code: 'settings.invalid' });
  const faulty = openCassandra({ ...options, keyspace: 'A b', contactPoints: [] });
  await expect(faulty).rejects.toThrow(/contactPoints.*keyspace/s);
  const away = openCassandra({ ...options, contactPoints: ['127.0.0.1:1'], giveUpMs: 500 });
  await expect(away).rejects.toMatchObject({ code: 'engine.unavailable' });
});
