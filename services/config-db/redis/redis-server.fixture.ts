/**
 * A redis-server of a test's own, on a free port, that can be killed, stopped and started again on its data.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  start(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export async function startRedisServer(...more: readonly string[]): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
      const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
      const made = spawn('redis-server', [...args, ...durable, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
      child = made;
      await new Promise<void>((resolve, reject) => {
        let said = '';
        made.stdout.on('data', (data: Buffer) => {
          said += data.toString();
          if (said.includes('Ready to accept connections')) resolve();
        });
        made.once('error', reject);
        made.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said}`)));
      });
    },
    async kill(signal = 'SIGKILL') {
      const killed = child;
      child = undefined;
      if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return;
      const gone = new Promise((resolve) => killed.once('exit', resolve));
      killed.kill(signal);
      await gone;
    },
    signal: (signal) => void child?.kill(signal),
    async [Symbol.asyncDispose]() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
