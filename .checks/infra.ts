/**
 * npm run test:infra                          everything that needs real engines: starts them, tests, removes them
 * npm run test:infra -- redis kafka cassandra what needs no other ones than these
 * npm run test:infra -- kafka-faults          files whose path contains a word
 * An engine that the environment names already (CECOCHAT_TEST_KAFKA=host:port) is used as it is.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isClusterName, startCluster, type Cluster, type Place } from './infra-engines.ts';
import { findInfraFiles, planPhases, type Phase } from './infra-plan.ts';
import { kill, removeFolder } from './infra-processes.ts';

const root = process.cwd();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) console.log(`infra: ${signal}: stopping the engines`);
    stop.abort(new Error('interrupted'));
  });
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs the files of a phase; counts from vitest's own report, since a file that cannot be loaded has no tests. */
async function runPhase(phase: Phase, place: Place, variables: NodeJS.ProcessEnv): Promise<Counts> {
  const report = join(place.folder, `report-${phase.number}.json`);
  const words = ['run', '--config', '.vitest.config.ts', '--project', 'infra', ...phase.files.map(({ path }) => path)];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  // What tests put into temporary folders, and the servers that they start there, go with this run's folder.
  const env = { ...process.env, ...variables, TMPDIR: join(place.folder, 'tmp') };
  await mkdir(env.TMPDIR, { recursive: true });
  const vitest = spawn(join(root, 'node_modules', '.bin', 'vitest'), [...words, ...reporters], {
    cwd: root,
    stdio: 'inherit',
    env,
    // A group of its own, so that no worker of it outlives it and starts a broker anew.
    detached: true,
  });
  const interrupt = (): void => void vitest.kill('SIGINT');
  stop.signal.addEventListener('abort', interrupt);
  await new Promise<void>((resolve, reject) => vitest.once('close', () => resolve()).once('error', reject));
  stop.signal.removeEventListener('abort', interrupt);
  if (vitest.pid !== undefined) kill(-vitest.pid);
  stop.signal.throwIfAborted();
  return countsOf(JSON.parse(await readFile(report, 'utf8')), phase);
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

function countsOf(report: Report, phase: Phase): Counts {
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests, testResults } = report;
  const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.length);
  const missing = Math.max(0, phase.files.length - testResults.length);
  return { passed, failed: numFailedTests + broken.length + missing, skipped: numPendingTests + numTodoTests };
}

async function runAll(words: readonly string[], place: Place, total: Counts): Promise<void> {
  const phases = planPhases(await findInfraFiles(root), words);
  if (phases.length === 0) throw new Error(`no infra test fits: ${words.join(' ')}`);
  const running = new Map<string, Cluster>();
  for (const phase of phases) {
    console.log(`infra: phase ${phase.number} of ${phases.length}: ${phase.clusters.join(', ')}`);
    // What this phase does not need makes room first.
    for (const [name, cluster] of running) {
      if (isClusterName(name) && phase.clusters.includes(name)) continue;
      await cluster.remove();
      running.delete(name);
    }
    for (const name of phase.clusters) {
      if (!running.has(name)) running.set(name, await startCluster(name, place));
    }
    const variables = Object.assign({}, ...[...running.values()].map((cluster) => cluster.variables));
    const counts = await runPhase(phase, place, { CECOCHAT_TEST_ENGINES: place.scripts, ...variables });
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'cecochat-infra-'));
const scripts = process.env['CECOCHAT_TEST_ENGINES'] ?? join(root, '..', 'shared', 'engines');
const place: Place = { folder, scripts, env: process.env, signal: stop.signal, say: (line) => console.log(line) };
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const beganMs = performance.now();
let problem: unknown;
try {
  await runAll(process.argv.slice(2), place, total);
} catch (error) {
  problem = error;
  console.error(`infra: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await removeFolder(folder);
}
const { passed, failed, skipped } = total;
const all = failed + skipped + (problem === undefined ? 0 : 1);
const seconds = Math.round((performance.now() - beganMs) / 1000);
// A skipped test is one that nobody saw working.
console.log(
  `infra: ${passed} passed, ${all} failed${skipped > 0 ? ` (${skipped} of them skipped)` : ''} in ${seconds} s`,
);
process.exitCode = stop.signal.aborted ? 130 : all === 0 && passed > 0 ? 0 : 1;
