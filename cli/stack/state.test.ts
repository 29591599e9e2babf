import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openWorkbench } from '../e2e/run-command.ts';
import { homeFolder, makeStackFolders, stackFolders, type StackFolders } from './folders.ts';
import type { StackState } from './stack-files.ts';
import { changeSecrets, readPorts, readSecrets, readState, writePorts, writeSecrets, writeState } from './state.ts';

const state: StackState = {
  formatVersion: 1,
  name: 'default',
  version: '1.2.3',
  backends: 'embedded',
  status: 'running',
  pid: 42,
  processStart: 'x:1',
  startedAtMs: 1,
  readyAfterMs: null,
  servers: [{ name: 'profile', serverId: 'profile', httpAddress: 'http://127.0.0.1:1', grpcAddress: null }],
  processes: [],
  profileUrl: 'http://127.0.0.1:1',
  connectUrl: 'http://127.0.0.1:2',
  configuratorUrl: 'http://127.0.0.1:3',
};
const secrets = { formatVersion: 1, adminToken: 't', users: [{ name: 'bob', userId: '1', password: 'p' }] } as const;

async function folders(home: string): Promise<StackFolders> {
  const made = stackFolders({ env: { CECOCHAT_HOME: home }, cwd: '/' }, 'default');
  makeStackFolders(made);
  return made;
}

describe('the files of a stack', () => {
  test('come back as they were written, and nobody else may read them', async () => {
    await using bench = await openWorkbench();
    const at = await folders(join(bench.home, 'new'));
    await writeState(at, state);
    await writeSecrets(at, secrets);
    await writePorts(at, { formatVersion: 1, ports: { 'profile.http': 7100 } });
    expect(await readState(at)).toEqual(state);
    expect(await readSecrets(at)).toEqual(secrets);
    expect(await readPorts(at)).toEqual({ formatVersion: 1, ports: { 'profile.http': 7100 } });
    for (const folder of [at.root, at.data, at.logs]) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
    }
    const files = (await readdir(at.root)).filter((name) => name.includes('.'));
    expect(files.toSorted()).toEqual(['ports.json', 'secrets.json', 'stack.json']);
    for (const file of files) {
      expect((await stat(join(at.root, file))).mode & 0o777).toBe(0o600);
    }
  });

  test('may be absent', async () => {
    await using bench = await openWorkbench();
    const at = await folders(bench.home);
    expect([await readState(at), await readSecrets(at), await readPorts(at)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['half a file', '{"formatVersion":1,"na', 'data.damaged'],
    ['another kind of JSON', '[]', 'data.damaged'],
    ['a field of the wrong type', JSON.stringify({ ...state, pid: 'x' }), 'data.damaged'],
    ['a negative pid', JSON.stringify({ ...state, pid: -1 }), 'data.damaged'],
    ['a missing field', JSON.stringify({ ...state, servers: undefined }), 'data.damaged'],
    ['a newer format', JSON.stringify({ formatVersion: 2 }), 'data.newer'],
  ])('are refused and left alone, but a damaged one is put aside by down: %s', async (_what, text, code) => {
    await using bench = await openWorkbench();
    const at = await folders(bench.home);
    const path = join(at.root, 'stack.json');
    await writeFile(path, text);
    await expect(readState(at)).rejects.toMatchObject({ code });
    for (const command of ['status', 'up', 'logs', 'wait']) {
      const ran = await bench.run([command]);
      expect([ran.code, ran.stderr], command).toEqual([1, expect.stringContaining(path)]);
    }
    expect(await readFile(path, 'utf8')).toBe(text);
    const isDamaged = code === 'data.damaged';
    expect((await bench.run(['down'])).code).toBe(isDamaged ? 0 : 1);
    expect(await readFile(isDamaged ? `${path}.damaged` : path, 'utf8')).toBe(text);
  });

  test('change one user and keep the others', async () => {
    await using bench = await openWorkbench();
    const at = await folders(bench.home);
    await changeSecrets(at, () => [{ name: 'x', userId: '9', password: 'y' }]);
    expect(await readSecrets(at)).toBeUndefined();
    await writeSecrets(at, secrets);
    await changeSecrets(at, (users) => [...users, { name: 'x', userId: '9', password: 'y' }]);
    expect((await readSecrets(at))?.users.map((user) => user.name)).toEqual(['bob', 'x']);
  });
});

describe('the folder of all stacks', () => {
  test('is CECOCHAT_HOME, else the XDG state folder, else below the home folder', async () => {
    await using bench = await openWorkbench();
    await mkdir(join(bench.home, 'x'));
    expect(homeFolder({ env: { CECOCHAT_HOME: 'rel' }, cwd: bench.home })).toBe(join(bench.home, 'rel'));
    expect(homeFolder({ env: { XDG_STATE_HOME: '/s', HOME: '/h' }, cwd: '/' })).toBe('/s/cecochat');
    expect(homeFolder({ env: { XDG_STATE_HOME: 'relative', HOME: '/h' }, cwd: '/' })).toBe('/h/.local/state/cecochat');
  });
});
