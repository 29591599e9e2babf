/**
 * Each server as a process of its own, by the built program, with fixed ports: started again it is found where it
 * was. Three messaging servers, the third idle; two materialize servers and configurators; one of each other kind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../services/core/time/clock.ts';
import { programFile, type Sandbox } from '../sandbox.ts';
import type { EngineSet } from './engine-set.ts';

export interface ServerProcess {
  /** "messaging s2" */
  readonly name: string;
  start(): void;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void>;
  /** SIGTERM; resolves with the exit code when it has ended: null when a signal ended it. */
  stop(): Promise<number | null>;
  /** The last lines that warn. */
  tail(): Promise<string>;
}

export interface ServerSet {
  readonly servers: readonly ServerProcess[];
  readonly profileUrl: string;
  readonly connectUrl: string;
  readonly configuratorUrl: string;
  readonly adminToken: string;
  /** Resolves when all servers say that they are ready. Error: which are not, after the limit. */
  ready(limitMs: number): Promise<void>;
  stopAll(): Promise<void>;
}

interface Extra {
  readonly more?: readonly string[];
  readonly extra?: Readonly<Record<string, string>>;
}

const adminToken = 'administration-of-the-kill-test';
const partitionCount = 360;
const restartMs = 500;

export async function startServerSet(sandbox: Sandbox, engines: EngineSet): Promise<ServerSet> {
  const base = 15_000 + (process.pid % 200) * 20;
  const logs = join(sandbox.home, 'logs');
  await mkdir(logs);
  const url = (offset: number): string => `http://127.0.0.1:${base + offset}`;
  const [profileUrl, connectUrl, configuratorUrl] = [url(0), url(1), url(2)];
  const jwks = ['--jwks-url', `${profileUrl}/.well-known/jwks.json`];
  const admin = {
    CECOCHAT_PROFILE_ADMIN_TOKEN: adminToken,
    CECOCHAT_CONFIGURATOR_ADMIN_TOKEN: adminToken,
    CECOCHAT_MATERIALIZE_ADMIN_TOKEN: adminToken,
  };
  const env = {
    ...sandbox.env,
    CECOCHAT_ENGINES_BACKEND: 'external',
    CECOCHAT_ENGINES_PARTITION_COUNT: String(partitionCount),
    CECOCHAT_ENGINES_KAFKA: engines.kafka,
    CECOCHAT_ENGINES_KAFKA_REPLICATION: '3',
    CECOCHAT_ENGINES_KAFKA_MIN_INSYNC: '2',
    CECOCHAT_ENGINES_CASSANDRA: engines.cassandra,
    CECOCHAT_ENGINES_REDIS: engines.redis,
  };
  const addresses: { name: string; url: string }[] = [];
  const server = (name: string, port: number, { more = [], extra = {} }: Extra = {}): ServerProcess => {
    const [kind = '', id = ''] = name.split(' ');
    addresses.push({ name, url: url(port) });
    const http = ['--http-port', String(base + port)];
    const file = join(logs, `${name.replace(' ', '-')}.log`);
    return serverProcess({
      name,
      file,
      args: ['service', 'run', kind, ...http, ...more, ...(kind === 'messaging' ? ['--server-id', id] : [])],
      env: { ...env, ...extra },
    });
  };
  const grpc = (port: number): string[] => ['--grpc-port', String(base + port)];
  const servers = [
    server('profile', 0, { extra: admin }),
    server('configurator', 2, { extra: admin }),
    server('connect', 1, { more: jwks }),
    server('history', 3, { more: [...jwks, ...grpc(4)] }),
    server('messaging s1', 5, { more: [...jwks, ...grpc(6)] }),
    server('messaging s2', 7, { more: [...jwks, ...grpc(8)] }),
    server('messaging s3', 9, { more: [...jwks, ...grpc(10)] }),
    server('materialize 1', 11, { extra: admin }),
    server('materialize 2', 12, { extra: admin }),
    server('configurator 2', 13, { extra: admin }),
  ];
  for (const one of servers) one.start();
  return {
    servers,
    profileUrl,
    connectUrl,
    configuratorUrl,
    adminToken,
    async ready(limitMs) {
      const endMs = systemClock.monotonicMs() + limitMs;
      for (;;) {
        const sick = (
          await Promise.all(addresses.map(async ({ name, url: at }) => ((await isReady(at)) ? [] : [name])))
        ).flat();
        if (sick.length === 0) return;
        if (systemClock.monotonicMs() > endMs) throw new Error(`not ready after ${limitMs} ms: ${sick.join(', ')}`);
        await systemClock.sleep(100);
      }
    },
    async stopAll() {
      await Promise.all(servers.map((one) => one.signal('SIGCONT').then(() => one.signal('SIGTERM'))));
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

function serverProcess(given: {
  name: string;
  file: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}): ServerProcess {
  const { name, file, args, env } = given;
  let child: ChildProcess | undefined;
  const self: ServerProcess = {
    name,
    start() {
      const made = spawn(process.execPath, [programFile, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const log = createWriteStream(file, { flags: 'a' });
      made.stdout.pipe(log, { end: false });
      made.stderr.pipe(log, { end: false });
      // Its supervisor: one that ends by itself is started again.
      made.once('close', () => {
        log.end();
        if (child === made) void systemClock.sleep(restartMs).then(() => (child === made ? self.start() : undefined));
      });
      child = made;
    },
    async signal(signal) {
      const hit = child;
      if (hit === undefined || hit.exitCode !== null || hit.signalCode !== null) return;
      const isEnd = signal === 'SIGKILL' || signal === 'SIGTERM';
      if (isEnd) child = undefined;
      const gone = isEnd ? new Promise((resolve) => hit.once('exit', resolve)) : undefined;
      hit.kill(signal);
      await gone;
    },
    async stop() {
      const hit = child;
      await self.signal('SIGTERM');
      return hit?.exitCode ?? null;
    },
    async tail() {
      const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
      const warnings = lines.filter((line) => !line.startsWith('{"level":"info"'));
      return warnings.slice(-6).join('\n');
    },
  };
  return self;
}
