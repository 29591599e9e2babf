/** A Cassandra that wants TLS, a user and a password, and permissions for what the user does. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { auth, Client } from 'cassandra-driver';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeCertificate } from '../certificate.fixture.ts';
import { systemClock } from '../core/time/clock.ts';
import { openCassandraUserDb } from '../user-db/cassandra/cassandra-user-db.ts';
import { keyspaceFixture } from './cassandra.fixture.ts';
import type { CassandraOptions } from './cassandra-options.ts';
import { startNode, type NodeFixture } from './node.fixture.ts';
import { openCassandra } from './open-cassandra.ts';

const run = promisify(execFile);

let folder: string;
let node: NodeFixture;
let ca: string;
let options: CassandraOptions;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cecochat-cassandra-tls-'));
  await makeStore();
  const tls = 'client_encryption_options';
  node = await startNode({
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    [`${tls}.enabled`]: 'true',
    // The script asks without encryption whether the node serves.
    [`${tls}.optional`]: 'true',
    [`${tls}.keystore`]: join(folder, 'store.p12'),
    [`${tls}.keystore_password`]: 'secret',
    [`${tls}.store_type`]: 'PKCS12',
  });
  options = { ...keyspaceFixture(node.contactPoints).options, tls: { ca }, username: 'chat', password: 'secret' };
  await prepareUser();
}, 180_000);

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function makeStore(): Promise<void> {
  const { certFile, keyFile } = await makeCertificate(folder);
  const files = ['-in', certFile, '-inkey', keyFile, '-out', join(folder, 'store.p12')];
  await run('openssl', ['pkcs12', '-export', ...files, '-passout', 'pass:secret']);
  ca = await readFile(certFile, 'utf8');
}

/** As the README tells an administrator to. */
async function prepareUser(): Promise<void> {
  const { contactPoints, localDataCenter, keyspace } = options;
  const admin = new Client({
    contactPoints: [...contactPoints],
    localDataCenter,
    authProvider: new auth.PlainTextAuthProvider('cassandra', 'cassandra'),
    sslOptions: { ca, rejectUnauthorized: true },
  });
  // The node makes its first user a moment after it serves.
  await vi.waitFor(() => admin.connect(), { timeout: 30_000, interval: 200 });
  const replication = "{ 'class': 'SimpleStrategy', 'replication_factor': 1 }";
  await admin.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  await admin.execute("CREATE ROLE chat WITH LOGIN = true AND PASSWORD = 'secret'");
  for (const permission of ['CREATE', 'ALTER', 'SELECT', 'MODIFY'])
    await admin.execute(`GRANT ${permission} ON KEYSPACE ${keyspace} TO chat`);
  await admin.execute('GRANT SELECT ON KEYSPACE system_views TO chat');
  await admin.shutdown();
}

test('TLS, a user and a password, with permissions for the keyspace alone: everything works', async () => {
  await using session = await openCassandra(options);
  await using userDb = await openCassandraUserDb({ session, clock: systemClock });
  const added = await userDb.add({ name: 'bob', passwordHash: 'h', createdAtMs: 1 });
  expect(await userDb.byName('bob')).toEqual(added);
});

test.each([
  ['an authority that is not known', { tls: {} }, /certificate/],
  ['a wrong password', { password: 'wrong' }, /username chat and\/or password/],
  ['no user at all', { username: undefined, password: undefined }, /authentication/i],
  ['a keyspace that the user may not make', { keyspace: 'of_others' }, /CREATE permission/],
] as const)('%s: the reason is told', async (_what, change, reason) => {
  const opening = openCassandra({ ...options, giveUpMs: 2_000, ...change });
  await expect(opening).rejects.toMatchObject({ message: expect.stringMatching(reason) });
});
