/** Every way to be let in by a Kafka: TLS, client certificates, users by PLAIN and SCRAM. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../../certificate.fixture.ts';
import { openKafkaFixture, randomTopic } from './kafka.fixture.ts';
import { texts, values } from '../recorded-tail.contract.ts';
import { openKafkaBackplane } from './kafka-backplane.ts';
import type { KafkaBackplaneOptions, KafkaSasl } from './kafka-options.ts';
import { startOwnBroker, type OwnBroker } from './own-broker.fixture.ts';

const run = promisify(execFile);
const listeners = ['SSL', 'MUTUAL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
type Listener = (typeof listeners)[number];

let folder: string;
let broker: OwnBroker;
let ca: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cecochat-kafka-tls-'));
  await readCertificate();
  broker = await startOwnBroker(propertiesFor);
  await Promise.all(['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(addSecret));
}, 120_000);

afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function readCertificate(): Promise<void> {
  const { certFile, keyFile } = await makeCertificate(folder);
  [ca, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  await writeFile(join(folder, 'both.pem'), key + ca);
}

function portOf(listener: Listener, port: number): number {
  return port + 1 + listeners.indexOf(listener);
}

function propertiesFor(port: number): Readonly<Record<string, string>> {
  const ours = listeners.map((name) => `${name}://127.0.0.1:${portOf(name, port)}`);
  const login = 'org.apache.kafka.common.security';
  const users: Record<string, string> = {};
  for (const name of ['sasl_plaintext', 'sasl_ssl']) {
    const jaas = (mechanism: string): string => `listener.name.${name}.${mechanism}.sasl.jaas.config`;
    users[jaas('plain')] = `${login}.plain.PlainLoginModule required user_chat="secret";`;
    for (const scram of ['scram-sha-256', 'scram-sha-512'])
      users[jaas(scram)] = `${login}.scram.ScramLoginModule required;`;
  }
  return {
    listeners: [`PLAINTEXT://127.0.0.1:${port}`, `CONTROLLER://127.0.0.1:${port + 100}`, ...ours].join(','),
    'advertised.listeners': [`PLAINTEXT://127.0.0.1:${port}`, ...ours].join(','),
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,MUTUAL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'both.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'cert.pem'),
    'listener.name.mutual.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    ...users,
  };
}

/** Secrets of SCRAM are records of the broker, made by its own tool. */
async function addSecret(mechanism: string): Promise<void> {
  const secret = `${mechanism}=[iterations=4096,password=secret]`;
  const libraries = '${CECOCHAT_ENGINES:-$HOME/.cache/cecochat-engines}/kafka/libs/*';
  const tool = `exec java -XX:TieredStopAtLevel=1 -cp "${libraries}" kafka.admin.ConfigCommand "$@"`;
  const at = ['--bootstrap-server', broker.address];
  const what = ['--alter', '--add-config', secret, '--entity-type', 'users', '--entity-name', 'chat'];
  await run('bash', ['-c', tool, 'kafka-configs', ...at, ...what]);
}

function reach(listener: Listener, more: Partial<KafkaBackplaneOptions>): Partial<KafkaBackplaneOptions> {
  const port = Number(broker.address.split(':')[1]);
  return { ...more, brokers: [`127.0.0.1:${portOf(listener, port)}`] };
}

async function expectWorks(options: Partial<KafkaBackplaneOptions>): Promise<void> {
  await using fixture = await openKafkaFixture(options);
  const { backplane } = fixture;
  await backplane.append(1, values('by a way of its own'));
  expect(texts(await backplane.read(1, 0, { maxRecords: 10, maxBytes: 10_000 }))).toEqual(['by a way of its own']);
}

const chat = (mechanism: KafkaSasl['mechanism'], password = 'secret'): KafkaSasl => ({
  mechanism,
  username: 'chat',
  password,
});

test('TLS: speaks to a broker whose authority is known, with a client certificate where it is wanted', async () => {
  await expectWorks(reach('SSL', { tls: { ca } }));
  await expectWorks(reach('MUTUAL', { tls: { ca, cert: ca, key } }));
});

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('a user is let in by %s', async (mechanism) => {
  await expectWorks(reach('SASL_SSL', { tls: { ca }, sasl: chat(mechanism) }));
  await expectWorks(reach('SASL_PLAINTEXT', { sasl: chat(mechanism) }));
});

test('who is not let in learns why', async () => {
  await using fixture = await openKafkaFixture({ brokers: [broker.address] });
  const open = (options: Partial<KafkaBackplaneOptions>) =>
    openKafkaBackplane({ ...fixture.options, topic: randomTopic(), ...options });
  const certificate = expect.stringContaining('certificate');
  const user = expect.stringContaining('check the user, the password');
  const outcomes = await Promise.allSettled([
    open(reach('SSL', { tls: {} })),
    open(reach('MUTUAL', { tls: { ca } })),
    open(reach('SASL_PLAINTEXT', { sasl: chat('PLAIN', 'wrong') })),
    open(reach('SASL_PLAINTEXT', { sasl: chat('SCRAM-SHA-512', 'wrong') })),
  ]);
  const told = [{ hint: certificate }, {}, { hint: user }, { hint: user }];
  for (const [index, outcome] of outcomes.entries())
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'engine.unavailable', ...told[index] } });
});
