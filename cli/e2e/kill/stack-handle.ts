/**
 * A stack as the crowd sees it, and the embedded one in a sandbox, started by the built program: its one process
 * can be killed with SIGKILL and started again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../services/core/time/clock.ts';
import { callHttp } from '../../client/http-json.ts';
import { json, type Envelope } from '../envelope.ts';
import { kill, type RunOptions, type Sandbox } from '../sandbox.ts';

/** Stopped in order when it is disposed of; a second time does nothing. */
export interface StackHandle extends AsyncDisposable {
  readonly profileUrl: string;
  readonly connectUrl: string;
  addUser(name: string): Promise<{ readonly name: string; readonly password: string }>;
  /** Sets ranges of partitions by server: { s1: "0-179", s2: "180-359" }. */
  movePartitions(ranges: Readonly<Record<string, string>>): Promise<void>;
  /** Larger pages of history, so that reading all of it takes less. */
  widenHistory(): Promise<void>;
  /** Resolves when every server that was harmed serves again. */
  ready(): Promise<void>;
  /** What its servers warned of last. */
  tail(): Promise<string>;
}

export interface EmbeddedStack extends StackHandle {
  /** Kills the server process with SIGKILL. */
  kill(): void;
  /** `cecochat up` again; resolves with the milliseconds that it took. Addresses must be the same. */
  restart(): Promise<number>;
}

/** What administration gives to every kind of stack. */
export function administer(at: {
  profileUrl: string;
  configuratorUrl: string;
  adminToken: string;
}): Pick<StackHandle, 'addUser' | 'movePartitions' | 'widenHistory'> {
  const { adminToken: token } = at;
  const configure = async (values: object): Promise<void> => {
    const body = { author: 'kill test', values };
    await callHttp({ url: `${at.configuratorUrl}/api/config`, method: 'PUT', token, body });
  };
  return {
    async addUser(name) {
      const password = `password of ${name}`;
      await callHttp({ url: `${at.profileUrl}/api/users`, method: 'POST', token, body: { name, password } });
      return { name, password };
    },
    movePartitions: (ranges) => configure({ 'partitioning.server-partitions': ranges }),
    widenHistory: () => configure({ 'history.user.message-count': '1000', 'history.dialog.message-count': '1000' }),
  };
}

export function startStack(sandbox: Sandbox): Promise<EmbeddedStack> {
  return startWith(sandbox, { up: ['--backends', 'embedded'], names: [], down: [], options: {} });
}

export interface StartWith {
  /** Arguments of `up`. */
  readonly up: readonly string[];
  /** Arguments of every command: which stack. */
  readonly names: readonly string[];
  /** Arguments of the `down` at the end. */
  readonly down: readonly string[];
  readonly options: RunOptions;
}

export async function startWith(sandbox: Sandbox, start: StartWith): Promise<EmbeddedStack> {
  const up = async (...more: string[]): Promise<Envelope> => {
    const envelope = await sandbox.json(['up', ...start.names, ...start.up, ...more], start.options);
    if (envelope.exitCode !== 0) throw new Error(`up failed: ${envelope.errorCode} ${envelope.errorMessage}`);
    return envelope;
  };
  const first = await up('--port-base', String(portBase()));
  const [profileUrl, connectUrl, configuratorUrl] = ['profileUrl', 'connectUrl', 'configuratorUrl'].map((name) =>
    first.data.at(name).text(),
  );
  if (profileUrl === undefined || connectUrl === undefined || configuratorUrl === undefined)
    throw new Error('no addresses');
  let pid = first.data.at('pid').number();
  const secrets = json(JSON.parse(await readFile(join(first.data.at('folder').text(), 'secrets.json'), 'utf8')));
  const adminToken = secrets.at('adminToken').text();
  let isDown = false;

  return {
    profileUrl,
    connectUrl,
    ...administer({ profileUrl, configuratorUrl, adminToken }),
    kill: () => kill(pid),
    async restart() {
      const startMs = systemClock.monotonicMs();
      const again = await up();
      if (again.data.at('profileUrl').text() !== profileUrl || again.data.at('connectUrl').text() !== connectUrl) {
        throw new Error('the addresses of the stack changed');
      }
      pid = again.data.at('pid').number();
      return systemClock.monotonicMs() - startMs;
    },
    // `up` resolves when it is.
    ready: () => Promise.resolve(),
    tail: async () =>
      (await sandbox.run(['logs', ...start.names, '--level', 'warn', '--tail', '40'], start.options)).stdout,
    async [Symbol.asyncDispose]() {
      if (isDown) return;
      isDown = true;
      const down = await sandbox.run(['down', ...start.names, ...start.down], start.options);
      if (down.exitCode !== 0) throw new Error(`down failed: ${down.stderr}`);
    },
  };
}

/**
 * Below the ephemeral ports: while the server is dead, a client that connects to one of those may be given the
 * very same port for its own end, talk to itself, and keep the server from coming back.
 */
function portBase(): number {
  return 20_000 + (process.pid % 1000) * 12;
}
