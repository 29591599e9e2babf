/**
 * A stack on real engines: each server is a process of its own, which is started again when it is killed; their number
 * changes while messages flow; and none of them outlives the stack.
 */
import { expect, test } from 'vitest';
import { systemClock } from '../../services/core/time/clock.ts';
import { requireEngine } from '../../services/engines.fixture.ts';
import type { Envelope, Json } from './envelope.ts';
import { kill, openSandbox, type Sandbox } from './sandbox.ts';

const mark = `${process.pid}`;

test('servers are restarted, scaled without losing a message, and end with their supervisor', async () => {
  await using sandbox = await openSandbox();
  const options = { env: engineEnvironment(), timeoutMs: 110_000 };
  const json = (...args: string[]): Promise<Envelope> => sandbox.json(args, options);
  const up = await json('up', '--port-base', '0', '--timeout', '100s');
  expect(up.exitCode, up.errorMessage).toBe(0);
  const before = await serversOf(sandbox);
  expect(new Set([...before.values()].map((server) => server.at('pid').number())).size).toBe(7);

  kill(before.get('s1')?.at('pid').number() ?? 0);
  while ((await serversOf(sandbox)).get('s1')?.at('restarts').number() !== 1) await systemClock.sleep(50);
  expect((await json('wait', '--timeout', '60s')).exitCode).toBe(0);
  const restarted = await serversOf(sandbox);
  expect(restarted.get('s1')?.at('lastEnd').text()).toBe('was ended by SIGKILL');
  expect(restarted.get('s2')?.at('restarts').number()).toBe(0);
  const log = await sandbox.run(['logs', '--part', 'supervisor'], options);
  expect(log.stdout).toMatch(/warn +supervisor +server messaging-s1 was ended by SIGKILL; it starts again in \d+ ms/);

  const texts = Array.from({ length: 3 }, (_, index) => `message ${index}`);
  for (const [index, messaging] of [4, 1, 2].entries()) {
    const [scaled, sent] = await Promise.all([
      json('scale', `messaging=${messaging}`),
      sandbox.run(['send', '--as', 'bob', '--to', 'alice', texts[index] ?? ''], options),
    ]);
    expect([scaled.exitCode, sent.exitCode], `${scaled.errorMessage} ${sent.stderr}`).toEqual([0, 0]);
    const ids = [...(await serversOf(sandbox)).keys()].filter((id) => /^s\d$/.test(id));
    expect(ids).toHaveLength(messaging);
  }
  expect((await json('scale', 'messaging=2')).data.at('moved').number()).toBe(0);
  expect((await sandbox.texts(['--as', 'alice', '--with', 'bob'], 3)).toSorted()).toEqual(texts);

  kill((await json('status')).data.at('pid').number());
  const dead = await sandbox.run(['status'], options);
  expect([dead.exitCode, dead.stderr]).toEqual([3, expect.stringContaining('ended without a word')]);
  await untilNone(sandbox);
  const again = await json('up', '--timeout', '100s');
  expect(again.exitCode, again.errorMessage).toBe(0);
  expect((await serversOf(sandbox)).size).toBe(7);
  expect((await json('down')).data.at('stopped').text()).toBe('stopped');
  expect(await sandbox.leftovers()).toEqual([]);
});

/** A topic, a keyspace and a Redis database of its own. */
function engineEnvironment(): Readonly<Record<string, string>> {
  return {
    CECOCHAT_ENGINES_BACKEND: 'external',
    CECOCHAT_ENGINES_KAFKA: requireEngine('CECOCHAT_TEST_KAFKA'),
    CECOCHAT_ENGINES_KAFKA_TOPIC: `supervised-${mark}`,
    CECOCHAT_ENGINES_CASSANDRA: requireEngine('CECOCHAT_TEST_CASSANDRA'),
    CECOCHAT_ENGINES_CASSANDRA_KEYSPACE: `supervised_${mark}`,
    CECOCHAT_ENGINES_REDIS: `${requireEngine('CECOCHAT_TEST_REDIS')}/6`,
    CECOCHAT_ENGINES_PARTITION_COUNT: '24',
  };
}

async function serversOf(sandbox: Sandbox): Promise<ReadonlyMap<string, Json>> {
  const status = await sandbox.json(['status']);
  const servers = status.data.at('servers').list();
  return new Map(servers.map((server) => [server.at('serverId').text(), server]));
}

/** They end by themselves. */
async function untilNone(sandbox: Sandbox): Promise<void> {
  while ((await sandbox.leftovers()).some((line) => line.includes('--supervised'))) await systemClock.sleep(50);
}
