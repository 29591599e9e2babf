/**
 * Starts the real engines of the infra tests, each in a folder of its own below the run's: redis-server from the
 * machine (installed by apt when it is absent), Kafka and Cassandra by the engine scripts, which fetch and cache
 * what they need outside the clone. A failure says what to do.
 */
import { spawn } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../services/core/time/clock.ts';
import { freePort, removeFolder, type Socket } from './infra-processes.ts';

export const clusterNames = ['redis', 'kafka', 'cassandra', 'kafka3', 'cassandra3'] as const;
export type ClusterName = (typeof clusterNames)[number];

export interface Place {
  /** Of the run; removed in the end with all that lives in it. */
  readonly folder: string;
  /** Where start-kafka and start-cassandra are. */
  readonly scripts: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface Cluster {
  readonly variables: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export const isClusterName = (name: string): name is ClusterName => clusterNames.some((known) => known === name);
/** kafka3 → kafka */
export const familyOf = (name: ClusterName): string => name.replace(/3$/, '');
export const isLarge = (name: ClusterName): boolean => name.endsWith('3');
/** The first one tells where it is. */
export function variablesOf(name: ClusterName): readonly string[] {
  const variable = `CECOCHAT_TEST_${name.toUpperCase()}`;
  return isLarge(name) ? [variable, `${variable}_DATA`] : [variable];
}

/** One that the environment names is used as it is, and not removed. */
export async function startCluster(name: ClusterName, place: Place): Promise<Cluster> {
  const given = variablesOf(name).flatMap((variable) => {
    const value = place.env[variable];
    return value === undefined || value === '' ? [] : [[variable, value] as const];
  });
  const [first] = given;
  if (first !== undefined && first[0] === variablesOf(name)[0]) {
    place.say(`infra: ${name}: ${first[0]} is given`);
    return { variables: Object.fromEntries(given), remove: () => Promise.resolve() };
  }
  const folder = join(place.folder, name);
  await mkdir(folder, { recursive: true });
  const startedMs = performance.now();
  const at = name === 'redis' ? await startRedis(folder, place) : await startByScript(name, folder, place);
  place.say(`infra: ${name}: ${at}, after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  const [variable = '', data] = variablesOf(name);
  return {
    variables: { [variable]: at, ...(data === undefined ? {} : { [data]: folder }) },
    remove: () => removeFolder(folder),
  };
}

async function startByScript(
  name: Exclude<ClusterName, 'redis'>,
  folder: string,
  { scripts, signal }: Place,
): Promise<string> {
  const family = familyOf(name);
  const script = join(scripts, `start-${family}`);
  const exists = await access(script).then(
    () => true,
    () => false,
  );
  if (!exists) {
    throw new Error(
      `${script} is missing: set CECOCHAT_TEST_ENGINES to the folder that has it, or ${variablesOf(name)[0]} to a running ${family}`,
    );
  }
  const count = isLarge(name) ? 3 : 1;
  const port = await freePort((from) => socketsOf(family, { count, from }));
  const ofFamily =
    family === 'kafka' ? ['--brokers', String(count)] : ['--nodes', String(count), '--commitlog-sync', 'group'];
  const said = await runScript(script, ['--port', String(port), '--data', folder, ...ofFamily], signal);
  // KAFKA_BROKERS=… or CASSANDRA_CONTACT_POINTS=…
  const at = /^[A-Z_]+=(\S+)$/m.exec(said)?.[1];
  if (at === undefined) throw new Error(`${script} did not say where ${family} is: ${JSON.stringify(said)}`);
  return at;
}

/** As the headers of the scripts say: controllers of Kafka at +100, gossip of Cassandra at -2042 and an address a node. */
function socketsOf(family: string, { count, from }: { count: number; from: number }): readonly Socket[] {
  return Array.from({ length: count }, (_, i): readonly Socket[] =>
    family === 'kafka'
      ? [from + i, from + 100 + i].map((port) => ({ host: '127.0.0.1', port }))
      : [from, from - 2042].map((port) => ({ host: `127.0.0.${i + 1}`, port })),
  ).flat();
}

async function startRedis(folder: string, { signal, say }: Place): Promise<string> {
  if (!(await hasCommand('redis-server'))) await installRedis(say, signal);
  const port = await freePort((from) => [{ host: '127.0.0.1', port: from }]);
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...durable];
  const child = spawn('redis-server', args, { cwd: folder, stdio: 'ignore', detached: true });
  child.unref();
  for (let attempt = 0; attempt < 200; attempt += 1) {
    signal.throwIfAborted();
    if (child.exitCode !== null) break;
    const pong = await answerOf('redis-cli', ['-p', String(port), 'ping']);
    if (pong.trim() === 'PONG') return `redis://127.0.0.1:${port}`;
    await systemClock.sleep(50);
  }
  throw new Error(`redis-server does not answer on port ${port} after 10 s: run "redis-server" to see why`);
}

async function installRedis(say: Place['say'], signal: AbortSignal): Promise<void> {
  say('infra: redis-server is absent: apt-get install redis-server');
  const install = ['install', '-y', '--no-install-recommends', 'redis-server'];
  try {
    await runScript('apt-get', install, signal).catch(async () => {
      await runScript('apt-get', ['update'], signal);
      await runScript('apt-get', install, signal);
    });
  } catch (cause) {
    signal.throwIfAborted();
    const advice = 'install it (as root: apt-get install redis-server), or set CECOCHAT_TEST_REDIS to a running Redis';
    throw new Error(`redis-server is absent and apt-get did not install it: ${advice}`, { cause });
  }
}

const hasCommand = async (name: string): Promise<boolean> => (await answerOf(name, ['--version'])) !== '';

/** Empty when it fails. */
function answerOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  return new Promise((resolve) => {
    child.once('error', () => resolve('')).once('close', (code) => resolve(code === 0 ? said : ''));
  });
}

/** What it wrote to stdout; the rest goes to the terminal. */
function runScript(command: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  // RUNLEVEL=1: a package does not start its service while it is installed. JVM_OPTS: without a ring delay, as the
  // script has it, a node of Cassandra gives up on a busy machine before the others have answered it.
  const env = {
    ...process.env,
    RUNLEVEL: '1',
    DEBIAN_FRONTEND: 'noninteractive',
    JVM_OPTS: '-Dcassandra.ring_delay_ms=10000',
  };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const interrupt = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', interrupt);
  return new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${command} cannot be run: ${cause.message}`, { cause })));
    child.once('close', (code) => {
      if (code === 0 && !signal.aborted) resolve(said);
      else reject(signal.aborted ? new Error('interrupted') : new Error(`${command} failed with exit code ${code}`));
    });
  }).finally(() => signal.removeEventListener('abort', interrupt));
}
