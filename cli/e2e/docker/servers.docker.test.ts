/**
 * A stack whose servers are containers too, from an image that the program builds of itself.
 */
import { beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../services/core/time/clock.ts';
import type { Envelope } from '../envelope.ts';
import { openSandbox } from '../sandbox.ts';
import { containersOf, docker, engineUrl, removeStackOf, requireEngine, snapshot } from './docker-command.ts';
import { slowdown } from './slowdown.ts';

beforeAll(async () => {
  await requireEngine();
  await docker('image', 'inspect', 'node:20-slim');
});

const stack = `servers-${process.pid}`;
const env = { DOCKER_HOST: engineUrl };
const named = ['--name', stack];
const serverParts = ['configurator', 'connect', 'history', 'materialize', 'messaging-s1', 'messaging-s2', 'profile'];

test('servers in containers carry messages, are restarted by the engine, scale, and leave nothing', async () => {
  const before = await snapshot();
  await using sandbox = await openSandbox();
  await using _containers = { [Symbol.asyncDispose]: () => removeStackOf(stack) };
  const json = async (...args: readonly string[]): Promise<Envelope> => {
    const beganMs = systemClock.monotonicMs();
    const ran = await sandbox.json([...args, ...named], { env, timeoutMs: 240_000 });
    console.log(`${args.join(' ')}: ${Math.round(systemClock.monotonicMs() - beganMs)} ms`);
    return ran;
  };
  const smoke = async (): Promise<void> => {
    const ran = await json('smoke');
    expect(ran.exitCode, ran.errorMessage).toBe(0);
  };

  const up = await json('up', '--backends', 'docker', '--servers', 'containers');
  expect(up.exitCode, up.errorMessage).toBe(0);
  const made = await containersOf(stack);
  expect(Object.keys(made).toSorted()).toEqual([...serverParts, 'cassandra', 'kafka', 'redis'].toSorted());
  await smoke();
  await looksSafe(made);

  // As a crash does: after `docker kill` an engine takes it that nobody wants the container to run.
  const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', made['messaging-s1'] ?? ''));
  process.kill(pid, 'SIGKILL');
  await until(async () => (await inspected(made['messaging-s1'] ?? '', '{{.RestartCount}}')) === '1');
  await until(async () => (await json('status')).exitCode === 0);
  await smoke();

  const slow = await slowdown(sandbox);
  const again = await json('up');
  expect(again.data.at('alreadyRunning').value).toBe(true);
  expect(await containersOf(stack)).toEqual(made);
  expect(again.data.at('tookMs').number()).toBeLessThan(2000 * Math.max(slow, await slowdown(sandbox)));

  const more = await json('scale', 'messaging=3');
  expect(more.exitCode, more.errorMessage).toBe(0);
  const scaled = await containersOf(stack);
  expect(scaled).toMatchObject(made);
  expect(Object.keys(scaled)).toContain('messaging-s3');
  await smoke();
  const less = await json('scale', 'messaging=1');
  expect([less.exitCode, less.data.at('stopped').value]).toEqual([0, ['s2', 's3']]);
  const { 'messaging-s2': _stopped, ...rest } = made;
  expect(await containersOf(stack)).toEqual(rest);
  await smoke();

  const log = await sandbox.run(['logs', ...named, '--part', 's1', '--tail', '1000'], { env });
  expect(log.stdout).toMatch(/info +messaging-s1 .*takes partitions over/);
  const warnings = await sandbox.run(['logs', ...named, '--part', 'messaging', '--level', 'warn'], { env });
  expect(warnings.stdout).not.toMatch(/ info +messaging/);
  const status = await json('status');
  expect(status.data.at('condition').text()).toBe('ready');

  const gone = await json('down', '--volumes');
  expect(gone.data.at('containersRemoved').number()).toBe(9);
  expect(await snapshot()).toEqual(before);
  expect(await sandbox.leftovers()).toEqual([]);
});

/** Not root, nothing to write, and no secret where everybody sees it. */
async function looksSafe(made: Readonly<Record<string, string>>): Promise<void> {
  const id = made['profile'] ?? '';
  expect(await docker('exec', id, 'sh', '-c', 'id -u; touch /app/x 2>&1 || echo refused')).toMatch(
    /^1000\n[^]*refused$/,
  );
  const token = /CECOCHAT_PROFILE_ADMIN_TOKEN=(\S+?)[\s\]]/.exec(await inspected(id, '{{.Config.Env}} '))?.[1] ?? '';
  expect(token.length).toBeGreaterThan(16);
  expect(await inspected(id, '{{json .Config.Labels}}')).not.toContain(token);
  const image = await inspected(id, '{{.Image}}');
  expect(await docker('image', 'inspect', image)).not.toContain(token);
}

function inspected(id: string, format: string): Promise<string> {
  return docker('inspect', '--format', format, id);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = systemClock.monotonicMs() + 60_000;
  while (!(await isSo())) {
    if (systemClock.monotonicMs() > endMs) throw new Error('it was not so within 60 s');
    await systemClock.sleep(200);
  }
}
