/**
 * A stack of separate processes on real engines, as the crowd sees it.
 */
import { callHttp } from '../../client/http-json.ts';
import type { StackHandle } from '../kill/stack-handle.ts';
import type { Sandbox } from '../sandbox.ts';
import { startEngineSet, type EngineSet } from './engine-set.ts';
import { startServerSet, type ServerSet } from './server-set.ts';

export interface Cluster extends StackHandle, AsyncDisposable {
  readonly engines: EngineSet;
  readonly servers: ServerSet;
  ready(): Promise<void>;
  /** What the servers warned of last, by server. */
  tail(): Promise<string>;
}

const readyMs = 120_000;

export async function startCluster(sandbox: Sandbox, say: (line: string) => void): Promise<Cluster> {
  const engines = await startEngineSet(say);
  try {
    const servers = await startServerSet(sandbox, engines);
    const { profileUrl, connectUrl, configuratorUrl, adminToken } = servers;
    const configure = async (values: object): Promise<void> => {
      const body = { author: 'kill test', values };
      await callHttp({ url: `${configuratorUrl}/api/config`, method: 'PUT', token: adminToken, body });
    };
    const assign = (ranges: Readonly<Record<string, string>>): Promise<void> =>
      configure({ 'partitioning.server-partitions': ranges });
    await servers.ready(readyMs);
    await assign({ s1: '0-179', s2: '180-359' });
    await servers.ready(readyMs);
    say('servers: nine processes are ready');
    return {
      engines,
      servers,
      profileUrl,
      connectUrl,
      async addUser(name) {
        const password = `password of ${name}`;
        await callHttp({ url: `${profileUrl}/api/users`, method: 'POST', token: adminToken, body: { name, password } });
        return { name, password };
      },
      kill: () => {
        throw new Error('there are many processes: choose one');
      },
      restart: () => Promise.reject(new Error('there are many processes: choose one')),
      movePartitions: assign,
      widenHistory: () => configure({ 'history.user.message-count': '1000', 'history.dialog.message-count': '1000' }),
      ready: () => servers.ready(readyMs),
      async tail() {
        const tails = await Promise.all(
          servers.servers.map(async (server) => `-- ${server.name}\n${await server.tail()}`),
        );
        return tails.join('\n');
      },
      async [Symbol.asyncDispose]() {
        await servers.stopAll();
        await engines[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await engines[Symbol.asyncDispose]();
    throw error;
  }
}
