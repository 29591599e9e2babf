/**
 * The life of stacks: side by side, started twice, killed, interrupted, on busy ports, deleted.
 */
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../services/core/time/clock.ts';
import { kill, openSandbox } from './sandbox.ts';

const anyPorts = ['--port-base', '0'];

test('two stacks side by side do not see each other', async () => {
  await using sandbox = await openSandbox();
  const [one, two] = await Promise.all(['one', 'two'].map((name) => sandbox.json(['up', '--name', name])));
  expect([one?.exitCode, two?.exitCode]).toEqual([0, 0]);
  expect(one?.data.at('profileUrl').text()).not.toBe(two?.data.at('profileUrl').text());

  await sandbox.run(['send', '--name', 'one', '--as', 'bob', '--to', 'alice', 'only in one']);
  expect(await sandbox.texts(['--name', 'one', '--as', 'alice', '--with', 'bob'], 1)).toEqual(['only in one']);
  expect(await sandbox.texts(['--name', 'two', '--as', 'alice', '--with', 'bob'], 0)).toEqual([]);

  expect((await sandbox.run(['down', '--name', 'one'])).exitCode).toBe(0);
  expect((await sandbox.run(['status', '--name', 'two'])).exitCode).toBe(0);
  expect((await sandbox.run(['down', '--name', 'two'])).exitCode).toBe(0);
  expect(await sandbox.leftovers()).toEqual([]);
});

test('a second up changes nothing; after kill -9 it starts the stack again with its messages', async () => {
  await using sandbox = await openSandbox();
  const first = await sandbox.json(['up', ...anyPorts]);
  await sandbox.run(['send', '--as', 'bob', '--to', 'alice', 'survives']);
  const second = await sandbox.json(['up']);
  expect(second.data.at('alreadyRunning').value).toBe(true);
  expect(second.data.at('pid').number()).toBe(first.data.at('pid').number());

  kill(first.data.at('pid').number());
  while ((await sandbox.run(['status'])).exitCode !== 3) await systemClock.sleep(50);
  const third = await sandbox.json(['up']);
  expect(third.exitCode, third.errorMessage).toBe(0);
  expect(third.data.at('alreadyRunning').value).toBe(false);
  expect(third.data.at('profileUrl').text()).toBe(first.data.at('profileUrl').text());
  expect(await sandbox.texts(['--as', 'alice', '--with', 'bob'], 1)).toEqual(['survives']);
  await sandbox.run(['down']);
  expect(await sandbox.leftovers()).toEqual([]);
});

test('Ctrl-C while up waits, and in up --foreground, leaves nothing running', async () => {
  await using sandbox = await openSandbox();
  for (const afterMs of [150, 350, 600, 900]) {
    const early = sandbox.start(['node', 'dist/bin/cecochat.js', 'up', ...anyPorts]);
    await systemClock.sleep(afterMs);
    early.interrupt();
    const { exitCode, signal } = await early.ended;
    // It may not have begun, or be ready just then.
    expect([130, 0, 'SIGINT']).toContain(exitCode ?? signal);
    if (exitCode === 0) await sandbox.run(['down', '--volumes']);
    expect(await sandbox.leftovers()).toEqual([]);
    expect((await sandbox.run(['status'])).stderr).toContain('was never started');
  }

  const watched = sandbox.start(['node', 'dist/bin/cecochat.js', 'up', '--foreground', ...anyPorts]);
  await watched.printed('is ready');
  expect((await sandbox.run(['status'])).exitCode).toBe(0);
  watched.interrupt();
  await watched.ended;
  expect((await sandbox.run(['status'])).exitCode).toBe(3);
  expect(await sandbox.leftovers()).toEqual([]);
});

test('a busy port is replaced by a free one, and said', async () => {
  await using sandbox = await openSandbox();
  const first = await sandbox.json(['up', '--name', 'first', ...anyPorts]);
  const port = Number(new URL(first.data.at('profileUrl').text()).port);
  await sandbox.run(['down', '--name', 'first']);

  const squatter = createServer();
  await new Promise<void>((resolve, reject) => {
    squatter.once('error', reject);
    squatter.listen(port, '127.0.0.1', resolve);
  });
  const again = await sandbox.run(['up', '--name', 'first']);
  squatter.close();
  expect(again.exitCode, again.stderr).toBe(0);
  expect(again.stderr).toContain(String(port));
  const status = await sandbox.json(['status', '--name', 'first']);
  expect(status.data.at('condition').text()).toBe('ready');
  await sandbox.run(['down', '--name', 'first']);
});

test('what history refuses is listed, and replayed once the limit is raised', async () => {
  await using sandbox = await openSandbox();
  const lowered = { env: { CECOCHAT_ENGINES_HISTORY_ROW_BYTES: '400' } };
  await sandbox.json(['up', ...anyPorts], lowered);
  const texts = ['before', 'x'.repeat(1000), 'after'];
  for (const text of texts) await sandbox.run(['send', '--as', 'bob', '--to', 'alice', text]);
  const shown = (count: number): Promise<string[]> => sandbox.texts(['--as', 'alice', '--with', 'bob'], count);
  // bob's record and alice's.
  const list = () => sandbox.json(['dead-letters', 'list']);
  while ((await list()).data.at('total').number() < 2) await systemClock.sleep(50);
  expect((await shown(2)).toSorted()).toEqual(['after', 'before']);
  const found = (await list()).data.at('deadLetters').list();
  expect(found.map((letter) => letter.at('kind').text()).toSorted()).toEqual(['received', 'sent']);
  expect((await sandbox.json(['status'])).data.at('deadLetters').value).toBe(2);
  expect((await sandbox.run(['status'])).stdout).toContain('2 dead letters');
  const refused = await sandbox.json(['dead-letters', 'replay', '--all']);
  expect([refused.exitCode, refused.errorCode]).toEqual([1, 'history.refused']);
  expect(refused.data.at('refused').list()).toHaveLength(2);

  await sandbox.run(['down']);
  await sandbox.json(['up']);
  const one = await sandbox.json(['dead-letters', 'replay', found[0]?.at('id').text() ?? '']);
  expect([one.exitCode, one.data.at('replayed').value]).toEqual([0, 1]);
  expect((await sandbox.json(['dead-letters', 'replay', '--all'])).data.at('replayed').value).toBe(1);
  expect((await list()).data.at('total').value).toBe(0);
  expect((await shown(3)).toSorted()).toEqual(texts.toSorted());
  await sandbox.run(['down']);
  expect(await sandbox.leftovers()).toEqual([]);
});

test('down keeps the data and how many messaging servers there are, reset the latter only, down --volumes nothing', async () => {
  await using sandbox = await openSandbox();
  const partitions = async (): Promise<unknown> => {
    const config = await sandbox.json(['config', 'get', 'partitioning.server-partitions']);
    return config.data.at('value').value;
  };
  const folder = (await sandbox.json(['up', '--messaging', '3', ...anyPorts])).data.at('folder').text();
  expect(await partitions()).toEqual({ s1: '0-119', s2: '120-239', s3: '240-359' });
  const refused = await sandbox.json(['scale', 'messaging=4']);
  expect([refused.exitCode, refused.hint]).toEqual([2, 'cecochat down, then cecochat up --messaging 4']);
  await sandbox.run(['down']);
  await access(folder);
  const messaging = async (...args: string[]): Promise<number> => {
    const servers = (await sandbox.json(['up', ...args])).data.at('servers').list();
    return servers.filter((server) => server.at('name').text() === 'messaging').length;
  };
  expect(await messaging()).toBe(3);
  await sandbox.run(['send', '--as', 'bob', '--to', 'alice', 'soon gone']);
  expect(await sandbox.texts(['--as', 'bob', '--with', 'alice'], 1)).toEqual(['soon gone']);
  expect((await sandbox.json(['reset'])).data.at('deletedBytes').number()).toBeGreaterThan(0);
  expect(await partitions()).toEqual({ s1: '0-119', s2: '120-239', s3: '240-359' });
  // The passwords are those of before.
  expect(await sandbox.texts(['--as', 'bob', '--with', 'alice'], 0)).toEqual([]);
  await sandbox.run(['down']);
  expect(await messaging('--messaging', '1')).toBe(1);
  expect(await partitions()).toEqual({ s1: '0-359' });
  expect((await sandbox.run(['down', '--volumes'])).exitCode).toBe(0);
  await expect(access(folder)).rejects.toThrow('ENOENT');
});
