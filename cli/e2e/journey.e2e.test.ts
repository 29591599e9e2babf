/**
 * The commands at the top of the README, as printed there, in an empty home.
 */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listeningPorts } from './processes.ts';
import { openSandbox, type Ran, type Sandbox } from './sandbox.ts';

const npx = (sandbox: Sandbox, ...args: string[]): Promise<Ran> => sandbox.start(['npx', 'cecochat', ...args]).ended;

test('up, send, listen, history, smoke, status, down; then nothing is left', async () => {
  await using sandbox = await openSandbox();

  const up = await npx(sandbox, 'up');
  expect(up.exitCode, up.stderr).toBe(0);
  expect(up.stdout).toContain('cecochat send');

  const status = await sandbox.json(['status']);
  expect(status.data.at('condition').text()).toBe('ready');
  const servers = status.data.at('servers').list();
  expect(servers.map((server) => server.at('name').text()).toSorted()).toEqual([
    'configurator',
    'connect',
    'history',
    'materialize',
    'messaging',
    'messaging',
    'profile',
  ]);
  const ports = await listeningPorts(status.data.at('pid').number());
  expect(ports.length).toBeGreaterThanOrEqual(servers.length);

  const send = await npx(sandbox, 'send', '--as', 'bob', '--to', 'alice', 'hello');
  expect(send.exitCode, send.stderr).toBe(0);

  const listen = sandbox.start(['npx', 'cecochat', 'listen', '--as', 'alice']);
  await listen.printed('hello');
  await npx(sandbox, 'send', '--as', 'bob', '--to', 'alice', 'and live');
  await listen.printed('and live');
  listen.interrupt();
  const stopped = await listen.ended;
  // npx hands on how its program ended: by the signal, or with the code that a shell makes of it.
  expect(stopped.signal === 'SIGINT' || stopped.exitCode === 130).toBe(true);

  await sandbox.texts(['--as', 'alice', '--with', 'bob'], 2);
  const history = await npx(sandbox, 'history', '--as', 'alice', '--with', 'bob');
  expect(history.exitCode, history.stderr).toBe(0);
  expect(history.stdout.indexOf('hello')).toBeGreaterThanOrEqual(0);
  expect(history.stdout.indexOf('and live')).toBeGreaterThan(history.stdout.indexOf('hello'));

  const smoke = await npx(sandbox, 'smoke');
  expect(smoke.exitCode, `${smoke.stdout}\n${smoke.stderr}`).toBe(0);

  const down = await npx(sandbox, 'down');
  expect(down.exitCode, down.stderr).toBe(0);
  expect((await npx(sandbox, 'status')).exitCode).toBe(3);
  expect(await sandbox.leftovers()).toEqual([]);
  for (const port of ports) expect(await answers(port), `port ${port}`).toBe(false);
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
