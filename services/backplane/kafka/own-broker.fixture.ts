/**
 * A broker for one test file, with properties of its own, to be filled, killed and started again. Removed when it
 * is disposed of.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomInt, systemRandom } from '../../core/random.ts';
import { nodePid, requireEngine } from '../../engines.fixture.ts';

const run = promisify(execFile);

export interface OwnBroker extends AsyncDisposable {
  readonly folder: string;
  /** Without encryption and users. */
  readonly address: string;
  pid(): Promise<number>;
  /** Starts it again when it does not run; as it was configured. */
  start(): Promise<void>;
  log(): Promise<string>;
}

/** Further listeners may take the 99 ports above. */
export async function startOwnBroker(
  propertiesFor: (port: number) => Readonly<Record<string, string>>,
): Promise<OwnBroker> {
  const engines = requireEngine('CECOCHAT_TEST_ENGINES');
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-kafka-'));
  // Its controller listens 100 ports above; all lie below the ephemeral ones.
  const port = 20_000 + 200 * randomInt(systemRandom, 60);
  const properties = Object.entries(propertiesFor(port)).flatMap(([key, value]) => ['--property', `${key}=${value}`]);
  const start = async (): Promise<void> => {
    await run(join(engines, 'start-kafka'), ['--port', String(port), '--data', folder, ...properties]);
  };
  await start();
  return {
    folder,
    address: `127.0.0.1:${port}`,
    pid: () => nodePid(folder, 1),
    start,
    log: () => readFile(join(folder, 'node1', 'server.log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      await run(join(engines, 'stop-kafka'), [folder, '--purge']);
    },
  };
}
