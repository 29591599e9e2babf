import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeAbsence, noEngine, searchEngine } from './find-engine.ts';

interface Machine extends AsyncDisposable {
  readonly home: string;
  /** A Docker engine answers there from now on. */
  listen(socket: string): Promise<string>;
  /** What a killed engine leaves. */
  leave(socket: string): Promise<string>;
  context(name: string, host: string, current?: boolean): Promise<void>;
  search(
    env?: Record<string, string>,
    more?: { dockerHost?: string; remembered?: string },
  ): ReturnType<typeof searchEngine>;
}

async function openMachine(): Promise<Machine> {
  const home = await mkdtemp(join(tmpdir(), 'cecochat-engine-'));
  const servers: ReturnType<typeof createServer>[] = [];
  const listen = async (socket: string): Promise<string> => {
    const path = join(home, socket);
    await mkdir(dirname(path), { recursive: true });
    const server = createServer((_request, response) => response.writeHead(200, { 'api-version': '1.44' }).end('OK'));
    server.listen(path);
    await once(server, 'listening');
    servers.push(server);
    return `unix://${path}`;
  };
  return {
    home,
    listen,
    leave: async (socket) => {
      const path = join(home, socket);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
      return `unix://${path}`;
    },
    context: async (name, host, current = false) => {
      const id = createHash('sha256').update(name).digest('hex');
      const meta = join(home, '.docker', 'contexts', 'meta', id);
      await mkdir(meta, { recursive: true });
      await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
      if (current) await writeFile(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: name }));
    },
    search: (env = {}, more = {}) =>
      searchEngine({ env: { HOME: home, ...env }, signal: new AbortController().signal, ...more }),
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

const whose = ({ found }: Awaited<ReturnType<typeof searchEngine>>) =>
  found === undefined ? undefined : [found.address.url, found.address.origin];

describe('the search for a Docker engine', () => {
  test('takes what is named: --docker-host before DOCKER_HOST before DOCKER_CONTEXT before the current context', async () => {
    await using machine = await openMachine();
    const [flag, host, named, current] = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => machine.listen(`${name}.sock`)),
    );
    await machine.context('named', named ?? '');
    await machine.context('current', current ?? '', true);
    expect(whose(await machine.search())).toEqual([current, 'the Docker context "current"']);
    const inContext = { DOCKER_CONTEXT: 'named' };
    expect(whose(await machine.search(inContext))).toEqual([named, 'the Docker context "named"']);
    const env = { ...inContext, DOCKER_HOST: host ?? '' };
    expect(whose(await machine.search(env))).toEqual([host, 'DOCKER_HOST']);
    expect(whose(await machine.search(env, { dockerHost: flag ?? '' }))).toEqual([flag, '--docker-host']);
  });

  test('passes over the stale socket of a current context, and says so', async () => {
    await using machine = await openMachine();
    const stale = await machine.leave('.colima/default/docker.sock');
    await machine.context('colima', stale, true);
    const live = await machine.listen('.rd/docker.sock');
    const search = await machine.search({ XDG_RUNTIME_DIR: join(machine.home, 'run') });
    // An engine of this machine itself may come first, at the default socket.
    expect([live, 'unix:///var/run/docker.sock']).toContain(search.found?.address.url);
    expect(search.silent[0]).toMatchObject({ address: { url: stale }, reason: 'nobody listens there' });
  });

  test('takes no other one for what was named and does not answer', async () => {
    await using machine = await openMachine();
    await machine.listen('.rd/docker.sock');
    const search = await machine.search({ DOCKER_HOST: `unix://${machine.home}/gone.sock` });
    expect(search.found).toBeUndefined();
    expect(describeAbsence(search)).toBe(
      `no Docker engine answers at unix://${machine.home}/gone.sock (DOCKER_HOST): there is no such socket`,
    );
    expect(noEngine(search)).toMatchObject({
      code: 'engine.unavailable',
      hint: expect.stringContaining('--docker-host'),
    });
  });

  test.each([
    ['http://', 'it is no address'],
    ['ssh://me@there', 'engines over ssh are not supported'],
    ['tcp://127.0.0.1:1', 'nobody listens there'],
  ])('says what is wrong with %s', async (url, reason) => {
    await using machine = await openMachine();
    expect(describeAbsence(await machine.search({ DOCKER_HOST: url }))).toContain(reason);
  });

  test('says that a named context is not there', async () => {
    await using machine = await openMachine();
    expect(describeAbsence(await machine.search({ DOCKER_CONTEXT: 'gone' }))).toContain('no Docker context here');
  });

  test('goes to the engine that a stack had before, unless another one is named', async () => {
    await using machine = await openMachine();
    const [before, other] = await Promise.all([machine.listen('before.sock'), machine.listen('other.sock')]);
    expect(whose(await machine.search({}, { remembered: before ?? '' }))).toEqual([before, 'used before']);
    const named = await machine.search({ DOCKER_HOST: other ?? '' }, { remembered: before ?? '' });
    expect(whose(named)).toEqual([other, 'DOCKER_HOST']);
  });
});
