/**
 * Kafka with three brokers, one Cassandra node and Redis, all real, in a folder of their own; each of their
 * processes can be killed, stopped and brought back on its data.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openInScope } from '../../../services/core/lifecycle.ts';
import { startRedisServer } from '../../../services/config-db/redis/redis-server.fixture.ts';
import { nodePid } from '../../../services/engines.fixture.ts';
import { projectFolder } from '../sandbox.ts';

export interface EngineProcess {
  /** "broker 2" */
  readonly name: string;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** After SIGKILL; resolves when it serves again. */
  revive(): Promise<void>;
  /** The last lines of its log that warn, and the last ones of all. */
  tail(): Promise<string>;
}

export interface EngineSet extends AsyncDisposable {
  /** Flags of `cecochat up` and `cecochat service run`. */
  readonly kafka: string;
  readonly cassandra: string;
  readonly redis: string;
  readonly processes: readonly EngineProcess[];
}

export async function startEngineSet(say: (line: string) => void): Promise<EngineSet> {
  const scripts = process.env['CECOCHAT_TEST_ENGINES'] ?? join(projectFolder, '..', 'shared', 'engines');
  await access(join(scripts, 'start-kafka')).catch(() => {
    throw new Error(`${scripts} has no start-kafka: set CECOCHAT_TEST_ENGINES to the folder with the engine scripts`);
  });
  return openInScope(async (scope) => {
    const folder = await mkdtemp(join(tmpdir(), 'cecochat-engines-'));
    scope.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    const redis = scope.use(await startRedisServer());
    const kafka = await startByScript('kafka', { scripts, folder, nodes: 3, more: ['--brokers', '3'] });
    scope.defer(() => kafka.killAll());
    const cassandra = await startByScript('cassandra', {
      scripts,
      folder,
      nodes: 1,
      more: ['--commitlog-sync', 'group'],
    });
    scope.defer(() => cassandra.killAll());
    say(`engines: Kafka ${kafka.at}, Cassandra ${cassandra.at}, Redis ${redis.url}`);
    const redisProcess: EngineProcess = {
      name: 'redis',
      signal: async (signal) => (signal === 'SIGKILL' ? redis.kill() : redis.signal(signal)),
      revive: () => redis.start(),
      tail: async () => 'it logs nothing',
    };
    return {
      kafka: kafka.at,
      cassandra: cassandra.at,
      redis: redis.url,
      processes: [...kafka.processes, ...cassandra.processes, redisProcess],
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  });
}

interface Scripted {
  readonly at: string;
  readonly processes: readonly EngineProcess[];
  killAll(): Promise<void>;
}

async function startByScript(
  family: 'kafka' | 'cassandra',
  given: { scripts: string; folder: string; nodes: number; more: readonly string[] },
): Promise<Scripted> {
  const data = join(given.folder, family);
  await mkdir(data);
  const port = (family === 'kafka' ? 21_000 : 25_000) + (process.pid % 900) * 4;
  const start = async (): Promise<string> => {
    const args = ['--port', String(port), '--data', data, ...given.more];
    // As in compose/: the second compiler of a JVM that lives for minutes takes more than it gives back.
    const env = { ...process.env, JVM_OPTS: '-XX:TieredStopAtLevel=1' };
    const { stdout } = await promisify(execFile)(join(given.scripts, `start-${family}`), args, { env });
    return /^[A-Z_]+=(\S+)$/m.exec(stdout)?.[1] ?? '';
  };
  const nodes = Array.from({ length: given.nodes }, (_, index) => index + 1);
  const at = await start();
  return {
    at,
    processes: nodes.map((node) => ({
      name: family === 'kafka' ? `broker ${node}` : 'cassandra',
      signal: async (signal) => void process.kill(await nodePid(data, node), signal),
      revive: async () => void (await start()),
      tail: async () => {
        const lines = (await readFile(join(data, `node${node}`, 'server.log'), 'utf8')).trim().split('\n');
        const warnings = lines.filter((line) => / (WARN|ERROR) /.test(line)).slice(-6);
        return [...warnings, '…', ...lines.slice(-3)].map((line) => line.slice(0, 400)).join('\n');
      },
    })),
    async killAll() {
      for (const node of nodes) {
        try {
          process.kill(await nodePid(data, node), 'SIGKILL');
        } catch {
          // It has ended already.
        }
      }
    },
  };
}
