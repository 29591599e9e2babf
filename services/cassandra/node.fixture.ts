/**
 * A Cassandra of one node for one test file, to be killed, stopped and revived. Removed when it is disposed of.
 */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomInt, systemRandom } from '../core/random.ts';
import { nodePid, requireEngine } from '../engines.fixture.ts';

const run = promisify(execFile);

export interface NodeFixture extends AsyncDisposable {
  readonly contactPoints: string;
  /** "SIGKILL", "SIGSTOP", "SIGCONT" */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again when it does not run. */
  start(commitLogSync: 'group' | 'periodic'): Promise<void>;
}

/** `settings`: of cassandra.yaml, by their dotted names, beside those that the script writes. */
export async function startNode(settings: Readonly<Record<string, string>> = {}): Promise<NodeFixture> {
  const engines = requireEngine('CECOCHAT_TEST_ENGINES');
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-cassandra-'));
  // Its gossip takes the port that is 2042 lower; both lie below the ephemeral ones.
  const port = 20_000 + randomInt(systemRandom, 9_000);
  const start: NodeFixture['start'] = async (commitLogSync) => {
    const args = ['--port', String(port), '--data', folder, '--commitlog-sync', commitLogSync];
    await run('env', [`JVM_OPTS=${jvmOptions(settings)}`, join(engines, 'start-cassandra'), ...args]);
  };
  await start('group');
  return {
    contactPoints: `127.0.0.1:${port}`,
    async signal(signal) {
      process.kill(await nodePid(folder, 1), signal);
    },
    start,
    async [Symbol.asyncDispose]() {
      await run(join(engines, 'stop-cassandra'), [folder, '--purge']);
    },
  };
}

function jvmOptions(settings: Readonly<Record<string, string>>): string {
  const all = Object.entries(settings).map(([name, value]) => `-Dcassandra.settings.${name}=${value}`);
  return all.length === 0 ? '' : ['-Dcassandra.config.allow_system_properties=true', ...all].join(' ');
}
