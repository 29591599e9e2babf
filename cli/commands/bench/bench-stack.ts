/**
 * The stack that is measured: the running one, or one brought up for it and thrown away afterwards. On external
 * engines such a one has a topic and a keyspace of its own, which go with it.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Scope } from '../../../services/core/lifecycle.ts';
import { messageFrom } from '../../../services/core/thrown.ts';
import { chooseEngines, type EngineOptions } from '../../stack/engine-choice.ts';
import { stackFolders } from '../../stack/folders.ts';
import { findRunningStack, type StackAccess } from '../../stack/running-stack.ts';
import type { ExternalEngineOptions } from '../../stack/servers/external-engines.ts';
import { startStack, stopStack } from '../../stack/stack-life.ts';
import { readEngines, readState } from '../../stack/state.ts';
import type { Invocation } from '../command.ts';

export interface BenchStack {
  readonly stack: StackAccess;
  /** Of the servers' processes: one, or one each. */
  readonly pids: readonly number[];
  /** On the file system of the stack's data. */
  readonly folder: string;
  /** Undefined: the engines are in its process. */
  readonly external: ExternalEngineOptions | undefined;
}

export interface BenchStackRequest {
  readonly name: string;
  readonly throwAway: boolean;
  readonly engines: EngineOptions;
  readonly scope: Scope;
}

/** Servers that share a loaded machine with their engines need a while to release and leave. */
const stopMs = 30_000;
const startMs = { embedded: 30_000, docker: 120_000, external: 120_000 } as const;

/** Errors: usage.invalid (the running stack is on other engines), those of starting a stack. */
export async function openBenchStack(invocation: Invocation, request: BenchStackRequest): Promise<BenchStack> {
  const { environment, output } = invocation;
  const { backends } = request.engines;
  const running = request.throwAway ? undefined : await findStack(invocation, request);
  const stack = running ?? (await throwAwayStack(invocation, request));
  output.progress(running === undefined ? `brought up stack "${stack.name}"` : `using stack "${stack.name}"`);
  const folders = stackFolders(environment, stack.name);
  const [state, engines] = await Promise.all([readState(folders), readEngines(folders)]);
  if (state === undefined) {
    throw new CecochatError('stack.not_running', `stack "${stack.name}" has gone`, { hint: 'cecochat up' });
  }
  if (backends !== 'auto' && backends !== state.backends) {
    throw new CecochatError('usage.invalid', `stack "${stack.name}" runs on ${state.backends} engines`, {
      hint: 'leave --backends out, or add --throw-away to bring up a stack for this alone',
    });
  }
  const external =
    state.backends !== 'embedded' ? await whereEnginesAre(invocation, engines?.settings ?? {}) : undefined;
  const pids = stack.serverPids.length === 0 ? [stack.pid] : stack.serverPids;
  return { stack, pids, folder: folders.root, external };
}

async function throwAwayStack(invocation: Invocation, { engines, scope }: BenchStackRequest): Promise<StackAccess> {
  const { environment } = invocation;
  const mark = Buffer.from(environment.random.bytes(4)).toString('hex');
  const name = `bench-${mark}`;
  // What is thrown away needs no containers.
  const isOpen = engines.backends === 'auto' && environment.env['CECOCHAT_ENGINES_BACKEND'] !== 'external';
  const wanted = isOpen ? { ...engines, backends: 'embedded' as const } : engines;
  const chosen = await chooseEngines(environment, stackFolders(environment, name), wanted);
  const own = { kafkaTopic: `cecochat-bench-${mark}`, cassandraKeyspace: `cecochat_bench_${mark}` };
  const settings = chosen.backends === 'external' ? { ...chosen.settings, ...own } : chosen.settings;
  if (chosen.backends === 'external') {
    const where = await whereEnginesAre(invocation, settings);
    // The figures are worth more than what stays behind.
    if (where !== undefined)
      scope.defer(() =>
        removeLeftovers(where).catch((error: unknown) =>
          invocation.output.warn(`what the benchmark made on the engines is still there: ${messageFrom(error)}`),
        ),
      );
  }
  scope.defer(async () => void (await stopStack(invocation, { name, timeoutMs: stopMs, deleteData: true })));
  const timeoutMs = startMs[chosen.backends];
  return startStack(invocation, { name, timeoutMs, portBase: 0, keep: false, engines: settings });
}

async function whereEnginesAre({ environment }: Invocation, settings: Readonly<Record<string, string>>) {
  const { externalEngines } = await import('../../stack/servers/external-engines.ts');
  return externalEngines(environment, settings);
}

async function removeLeftovers({ kafka, cassandra }: ExternalEngineOptions): Promise<void> {
  const [{ removeStackTopic }, { removeKeyspace }] = await Promise.all([
    import('./external/floor-topic.ts'),
    import('./external/keyspace.ts'),
  ]);
  await Promise.all([removeStackTopic(kafka), removeKeyspace(cassandra)]);
}

/** One on other engines than those given is left alone. */
async function findStack({ environment }: Invocation, request: BenchStackRequest): Promise<StackAccess | undefined> {
  const { name, engines } = request;
  let running: StackAccess;
  try {
    running = await findRunningStack(environment, name);
  } catch (error) {
    if (error instanceof CecochatError && error.code === 'stack.not_running') return undefined;
    throw error;
  }
  const settings = (await readEngines(stackFolders(environment, name)))?.settings ?? {};
  const isThere = (['kafka', 'cassandra', 'redis'] as const).every(
    (engine) => engines[engine] === undefined || engines[engine] === settings[engine],
  );
  return isThere ? running : undefined;
}
