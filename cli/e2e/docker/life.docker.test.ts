/**
 * The life of a stack whose Kafka, Cassandra and Redis are containers of a real Docker engine.
 */
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, Json } from '../envelope.ts';
import { openSandbox, programFile, type Sandbox } from '../sandbox.ts';
import {
  containersOf,
  docker,
  engineUrl,
  isListening,
  removeStackOf,
  requireEngine,
  snapshot,
} from './docker-command.ts';
import { engineStartMs } from './engine-start.ts';
import { typeInspectionCommands } from './looking-into.ts';
import { slowdown } from './slowdown.ts';
import { openStandIns } from './stand-in-images.ts';

beforeAll(requireEngine);

/**
 * A start of node that does nothing, on the machine where the whole `up` takes no more than 5 s above the engines alone.
 * These seconds are the CPU time of eight processes and of Cassandra's schema, so on a slower one they grow as much.
 */
const quickNodeMs = 25;

const stack = `life-${process.pid}`;
const env = { DOCKER_HOST: engineUrl };
const named = ['--name', stack];

test('a stack comes up, carries messages, is repaired after each kill, and leaves nothing', async () => {
  const before = await snapshot();
  await using sandbox = await openSandbox();
  await using _containers = { [Symbol.asyncDispose]: () => removeStackOf(stack) };
  const json = (...args: readonly string[]): Promise<Envelope> =>
    sandbox.json([...args, ...named], { env, timeoutMs: 240_000 });

  const bareMs = await engineStartMs();
  const slower = await slowdown(sandbox);
  const slowerBefore = await slowdown(sandbox, quickNodeMs);
  const up = await json('up', '--backends', 'docker');
  expect(up.exitCode, up.errorMessage).toBe(0);
  expect(up.data.at('backends').text()).toBe('docker');
  const { wholeMs, healthyMs, ownMs } = phasesOf(up, bareMs);
  const slow = Math.max(slower, await slowdown(sandbox));
  expect(healthyMs, 'until the engines are healthy').toBeLessThan(bareMs * 1.25 + 5000 * slow);
  const slowerThanQuick = Math.max(slowerBefore, await slowdown(sandbox, quickNodeMs));
  // A quarter is what two starts of the engines differ by.
  expect(wholeMs, 'from nothing to ready').toBeLessThan(bareMs * 1.25 + 5000 * slowerThanQuick);
  expect(ownMs, 'without the engines, their topic and schema').toBeLessThan(3000 * slow);

  await smoke(sandbox);
  await json('send', '--as', 'bob', '--to', 'alice', 'from before');
  await typeInspectionCommands(sandbox, stack);
  const status = await json('status');
  expect(status.data.at('condition').text()).toBe('ready');
  const ports = portsOf(status);
  const pids = pidsOf(status);
  const parts = status.data
    .at('containers')
    .list()
    .map((container) => container.at('part').text());
  expect(parts).toEqual(['cassandra', 'kafka', 'redis']);

  const log = await sandbox.run(['logs', ...named, '--part', 'redis', '--part', 'profile', '--tail', '1000'], { env });
  expect(log.stdout).toMatch(/info +redis +.*Ready to accept connections/);
  expect(log.stdout).toMatch(/info +profile /);

  const made = await containersOf(stack);
  const again = await json('up');
  expect(again.data.at('alreadyRunning').value).toBe(true);
  expect(await containersOf(stack)).toEqual(made);
  console.log(`second up: ${Math.round(again.data.at('tookMs').number())} ms`);
  expect(again.data.at('tookMs').number()).toBeLessThan(2000 * Math.max(slow, await slowdown(sandbox)));

  const following = sandbox.start(
    [process.execPath, programFile, 'logs', ...named, '--follow', '--tail', '1', '--part', 'redis'],
    { env, timeoutMs: 240_000 },
  );
  for (const part of ['redis', 'kafka', 'cassandra']) {
    await docker('kill', made[part] ?? '');
    expect((await json('status')).exitCode).toBe(5);
    const repaired = await json('up');
    expect(repaired.exitCode, repaired.errorMessage).toBe(0);
    expect(await containersOf(stack)).toEqual(made);
    // Its servers went on.
    expect(pidsOf(await json('status'))).toEqual(pids);
    await smoke(sandbox);
    expect(await historyOf(json)).toContain('from before');
  }
  // It was killed after its last line that `--tail` took, and what it printed then is followed.
  await following.printed('DB loaded from append only file');
  following.interrupt();
  expect((await following.ended).stderr).not.toContain('Warning');

  const stopped = await json('down');
  expect(stopped.data.at('containersRemoved').number()).toBe(3);
  const rest = (await snapshot()).filter((line) => !before.includes(line));
  expect(rest.map((line) => line.split(' ')[0])).toEqual(['volume', 'volume', 'volume']);

  const back = await json('up');
  expect(back.exitCode, back.errorMessage).toBe(0);
  expect(await historyOf(json)).toContain('from before');

  const reset = await json('reset');
  expect(reset.exitCode, reset.errorMessage).toBe(0);
  expect(reset.data.at('deletedVolumes').list()).toHaveLength(3);
  expect(reset.data.at('servers').value).toEqual(back.data.at('servers').value);
  expect(await historyOf(json)).toEqual([]);
  await addProfiles(sandbox, json);

  // Nothing of ours on disk is needed to take it down.
  await rm(join(sandbox.home, '.local', 'state', 'cecochat', stack, 'engines.json'));
  await rm(join(sandbox.home, '.local', 'state', 'cecochat', stack, 'ports.json'));
  const gone = await sandbox.run(['down', '--volumes', ...named], { env, timeoutMs: 240_000 });
  const kafkaMebibytes = /kafka-data: ([\d.]+) MiB/.exec(gone.stderr)?.[1];
  expect(Number(kafkaMebibytes), 'not the lengths of its sparse files').toBeLessThan(100);
  expect(gone.stderr.match(/^deleting volume /gm), gone.stderr).toHaveLength(6);
  await expect(access(join(sandbox.home, '.local', 'state', 'cecochat', stack))).rejects.toThrow('ENOENT');
  expect(await snapshot()).toEqual(before);
  expect(await sandbox.leftovers()).toEqual([]);
  for (const port of ports) expect(await isListening(port), `port ${port}`).toBe(false);
});

/** Their containers start beside a stack that runs, which goes on as it is. */
async function addProfiles(sandbox: Sandbox, json: (...args: string[]) => Promise<Envelope>): Promise<void> {
  await using _images = await openStandIns();
  const before = await containersOf(stack);
  const pid = (await json('status')).data.at('pid').number();
  const up = await json('up', '--profile', 'observability', 'tools');
  expect(up.exitCode, up.errorMessage).toBe(0);
  const now = await containersOf(stack);
  expect(Object.keys(now)).toHaveLength(12);
  expect(now).toMatchObject(before);
  const pages = up.data.at('pages').list();
  expect(pages).toHaveLength(7);
  for (const page of pages) expect((await fetch(page.at('url').text())).status).toBe(200);
  const status = await json('status');
  expect([status.data.at('pid').number(), status.data.at('containers').list().length]).toEqual([pid, 12]);
  await smoke(sandbox);
  const log = await sandbox.run(['logs', ...named, '--part', 'jaeger'], { env });
  expect(log.exitCode, log.stderr).toBe(0);
}

async function smoke(sandbox: Sandbox): Promise<void> {
  const ran = await sandbox.run(['smoke', ...named], { env, timeoutMs: 90_000 });
  expect(ran.exitCode, `${ran.stdout}\n${ran.stderr}`).toBe(0);
}

async function historyOf(json: (...args: string[]) => Promise<Envelope>): Promise<unknown[]> {
  const history = await json('history', '--as', 'alice', '--with', 'bob');
  expect(history.exitCode, history.errorMessage).toBe(0);
  return history.data
    .at('messages')
    .list()
    .map((message) => message.at('text').value);
}

/** Of the servers' processes. */
function pidsOf(status: Envelope): number[] {
  return status.data
    .at('servers')
    .list()
    .map((server) => server.at('pid').number());
}

/** Of servers and containers. */
function portsOf(status: Envelope): number[] {
  const text = JSON.stringify([status.data.at('servers').value, status.data.at('containers').value]);
  return [...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
}

interface Phases {
  readonly wholeMs: number;
  readonly healthyMs: number;
  /** The calls before the first container, and the servers after the last topic or schema. */
  readonly ownMs: number;
}

function phasesOf(up: Envelope, bareMs: number): Phases {
  const events = up.events.map((one) => one.at('data'));
  const at = (step: string): number[] =>
    events.filter((event) => event.at('step').text() === step).map((event) => event.at('atMs').number());
  for (const event of events) {
    const words = [event.at('part').text(), event.at('step').text(), event.at('detail').text()];
    console.log(`${String(event.at('atMs').number()).padStart(6)} ms  ${words.join(' ')}`);
  }
  const wholeMs = up.data.at('tookMs').number();
  const healthyMs = Math.max(...at('healthy'));
  const isMade = (event: Json): boolean =>
    event.at('step').text() === 'ready' && /^(topic|schema)$/.test(event.at('part').text());
  const madeMs = Math.max(...events.filter(isMade).map((event) => event.at('atMs').number()));
  const ownMs = Math.min(...at('create')) + wholeMs - madeMs;
  const engines = `engines healthy after ${healthyMs} ms, by docker run alone after ${Math.round(bareMs)} ms`;
  console.log(`up: ${wholeMs} ms, of it its own ${ownMs} ms; ${engines}`);
  return { wholeMs, healthyMs, ownMs };
}
