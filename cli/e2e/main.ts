/**
 * npm run test:e2e                                  every end-to-end test of the built program
 * npm run test:e2e -- kill [--rounds N] [--seed N]  kill -9 under load, then what everybody saw
 * npm run test:e2e -- moves [--rounds N] [--seed N] partitions move between servers under load
 * npm run test:e2e -- cluster [--rounds N] [--seed N] servers as processes on real engines, any of which is killed
 * npm run test:e2e -- containers [--rounds N] [--seed N] engines as containers, any of which is killed
 * npm run test:e2e -- docker [words for vitest]     the stack as containers of a real Docker engine
 * npm run test:e2e -- keys [--messages N] [--rate N] [--keys N] how long a key takes to the screen of `cecochat chat`
 * npm run test:e2e -- <words for vitest>            some of the tests
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from './cluster/cluster-handle.ts';
import { clusterRound } from './cluster/rounds.ts';
import { containerRound, startContainers } from './docker/container-rounds.ts';
import { killRound, moveAndRecover } from './kill/rounds.ts';
import { play, type Scenario } from './kill/scenario.ts';
import { startStack, type StackHandle } from './kill/stack-handle.ts';
import { projectFolder } from './sandbox.ts';
import { measureKeys } from './terminal/keys.ts';

const scenarios = {
  kill: scenario({
    title: 'kill -9 of the server process under load',
    rounds: 200,
    users: 24,
    round: killRound,
    start: startStack,
  }),
  moves: scenario({
    title: 'partitions move under load',
    rounds: 50,
    users: 24,
    round: moveAndRecover,
    start: startStack,
  }),
  cluster: scenario({
    title: 'any process of a cluster is killed or stopped under load',
    rounds: 40,
    users: 10,
    round: clusterRound,
    reportEvery: 1,
    start: startCluster,
  }),
  containers: scenario({
    title: 'containers of the engines are killed under load',
    rounds: 10,
    users: 6,
    round: containerRound,
    reportEvery: 1,
    start: startContainers,
  }),
};

type Run = Pick<Scenario<StackHandle>, 'rounds' | 'users' | 'seed' | 'say' | 'signal'>;

/** Rounds and users are those of a run that does not say how many. */
function scenario<S extends StackHandle>(given: Omit<Scenario<S>, 'seed' | 'say' | 'signal'>) {
  return { rounds: given.rounds, users: given.users, play: (run: Run) => play({ ...given, ...run }) };
}

function whole(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`"${text}" is no positive whole number`);
  return value;
}

async function runKeys(args: readonly string[]): Promise<boolean> {
  const options = { messages: { type: 'string' }, rate: { type: 'string' }, keys: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  return measureKeys({
    messages: whole(values.messages, 100_000),
    arrivalsPerSecond: whole(values.rate, 200),
    keys: whole(values.keys, 500),
    say: (line) => console.log(line),
    signal: interrupted.signal,
  });
}

async function runScenario(name: keyof typeof scenarios, args: readonly string[]): Promise<boolean> {
  const options = { rounds: { type: 'string' }, seed: { type: 'string' }, users: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const { rounds, users, play: start } = scenarios[name];
  return start({
    rounds: whole(values.rounds, rounds),
    seed: whole(values.seed, process.pid),
    users: whole(values.users, users),
    say: (line) => console.log(line),
    signal: interrupted.signal,
  });
}

function runTests(project: 'e2e' | 'docker', args: readonly string[]): Promise<boolean> {
  const vitest = join(projectFolder, 'node_modules', '.bin', 'vitest');
  const child = spawn(vitest, ['run', '--config', '.vitest.config.ts', '--project', project, ...args], {
    cwd: projectFolder,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

const [first = '', ...rest] = process.argv.slice(2);
const passed = await (first === 'kill' || first === 'moves' || first === 'cluster' || first === 'containers'
  ? runScenario(first, rest)
  : first === 'docker'
    ? runTests('docker', rest)
    : first === 'keys'
      ? runKeys(rest)
      : runTests('e2e', process.argv.slice(2)));
process.exitCode = passed ? 0 : 1;
