/**
 * A stack in a sandbox, started by the built program, and the two ways in which this test treats it badly:
 * `kill -9` of its process, and moving its partitions.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../services/core/time/clock.ts';
import { callHttp } from '../../client/http-json.ts';
import { json, type Envelope } from '../envelope.ts';
import { kill, type Sandbox } from '../sandbox.ts';

export interface StackHandle {
  readonly profileUrl: string;
  readonly connectUrl: string;
  addUser(name: string): Promise<{ readonly name: string; readonly password: string }>;
  /** Kills the server process with SIGKILL. */
  kill(): void;
  /** `cecochat up` again; resolves with the milliseconds that it took. Addresses must be the same. */
  restart(): Promise<number>;
  /** Sets ranges of partitions by server: { s1: "0-179", s2: "180-359" }. */
  movePartitions(ranges: Readonly<Record<string, string>>): Promise<void>;
  /** Larger pages of history, so that reading all of it takes less. */
  widenHistory(): Promise<void>;
}

export async function startStack(sandbox: Sandbox): Promise<StackHandle> {
  const first = await up(sandbox, '--port-base', String(portBase()));
  const [profileUrl, connectUrl, configuratorUrl] = ['profileUrl', 'connectUrl', 'configuratorUrl'].map((name) =>
    first.data.at(name).text(),
  );
  if (profileUrl === undefined || connectUrl === undefined || configuratorUrl === undefined)
    throw new Error('no addresses');
  let pid = first.data.at('pid').number();
  const secrets = json(JSON.parse(await readFile(join(first.data.at('folder').text(), 'secrets.json'), 'utf8')));
  const adminToken = secrets.at('adminToken').text();
  const configure = async (values: object): Promise<void> => {
    const url = `${configuratorUrl}/api/config`;
    await callHttp({ url, method: 'PUT', token: adminToken, body: { author: 'kill test', values } });
  };

  return {
    profileUrl,
    connectUrl,
    async addUser(name) {
      const password = `password of ${name}`;
      await callHttp({ url: `${profileUrl}/api/users`, method: 'POST', token: adminToken, body: { name, password } });
      return { name, password };
    },
    kill: () => kill(pid),
    async restart() {
      const startMs = systemClock.monotonicMs();
      const again = await up(sandbox);
      if (again.data.at('profileUrl').text() !== profileUrl || again.data.at('connectUrl').text() !== connectUrl) {
        throw new Error('the addresses of the stack changed');
      }
      pid = again.data.at('pid').number();
      return systemClock.monotonicMs() - startMs;
    },
    movePartitions: (ranges) => configure({ 'partitioning.server-partitions': ranges }),
    widenHistory: () => configure({ 'history.user.message-count': '1000', 'history.dialog.message-count': '1000' }),
  };
}

/**
 * Below the ephemeral ports: while the server is dead, a client that connects to one of those may be given the
 * very same port for its own end, talk to itself, and keep the server from coming back.
 */
function portBase(): number {
  return 20_000 + (process.pid % 1000) * 12;
}

async function up(sandbox: Sandbox, ...more: string[]): Promise<Envelope> {
  const envelope = await sandbox.json(['up', '--backends', 'embedded', ...more]);
  if (envelope.exitCode !== 0) throw new Error(`up failed: ${envelope.errorCode} ${envelope.errorMessage}`);
  return envelope;
}
