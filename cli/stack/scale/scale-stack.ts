/**
 * Gives a running stack another number of messaging servers. New ones are started and then given partitions; surplus
 * ones give theirs away and are then stopped, so that each partition always has a server that takes it. What was cut
 * short is finished by the next call.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import { callHttp, numberField } from '../../client/http-json.ts';
import type { Invocation } from '../../commands/command.ts';
import { stackFolders, type StackFolders } from '../folders.ts';
import { messagingIds, mostMessaging } from '../ports.ts';
import { findRunningStack, notRunning, type StackAccess } from '../running-stack.ts';
import { untilSettled } from '../settled.ts';
import { acquireStackLock } from '../stack-lock.ts';
import type { StackState } from '../stack-files.ts';
import { readState, writeSize } from '../state.ts';
import { planScale, type ScalePlan } from './plan-scale.ts';

export interface ScaleRequest {
  readonly name: string;
  /** How many messaging servers. */
  readonly messaging: number;
  readonly timeoutMs: number;
}

export interface Scaled {
  readonly started: readonly string[];
  readonly stopped: readonly string[];
  /** How many partitions got another server. */
  readonly moved: number;
}

const pollMs = 50;

/** Errors: usage.invalid, stack.not_running, config.refused, timed.out with what was missing. */
export async function scaleStack(invocation: Invocation, request: ScaleRequest): Promise<Scaled> {
  const { environment } = invocation;
  const { name, messaging, timeoutMs } = request;
  const { clock, random, signal } = environment;
  const folders = stackFolders(environment, name);
  await findRunningStack(environment, name);
  await using _lock = await acquireStackLock({ folders, clock, random, signal, timeoutMs });
  const stack = await findRunningStack(environment, name);
  const state = await stateOf(folders, name);
  const plan = planScale(state, messaging);
  await using limit = timeLimit(clock, { timeoutMs, signal });
  const inContainers = state.hosting === 'containers';
  const scaling: Scaling = { invocation, folders, stack, plan, clock, limit, inContainers, timeoutMs };
  if (plan.start.length > 0) await startServers(scaling, messaging);
  const moved = await movePartitions(scaling);
  await writeSize(folders, { formatVersion: 1, messaging, isSpread: true });
  if (plan.stop.length > 0) await untilSized(scaling, messaging, `${plan.stop.join(', ')} to stop`);
  return { started: plan.start, stopped: plan.stop, moved };
}

interface Scaling {
  readonly invocation: Invocation;
  readonly folders: StackFolders;
  readonly stack: StackAccess;
  readonly plan: ScalePlan;
  readonly clock: Clock;
  readonly limit: TimeLimit;
  /** Nobody follows servers.json there: the containers are made here. */
  readonly inContainers: boolean;
  readonly timeoutMs: number;
}

async function untilSized(scaling: Scaling, messaging: number, what: string): Promise<void> {
  const { inContainers, invocation, stack, timeoutMs, limit } = scaling;
  if (!inContainers) {
    await untilProcesses(scaling, what);
    return;
  }
  limit.waitingFor([what]);
  const { resizeContainers } = await import('../docker/resize-containers.ts');
  const environment = { ...invocation.environment, signal: limit.signal };
  await resizeContainers({ ...invocation, environment }, { name: stack.name, messaging, timeoutMs });
}

async function startServers(scaling: Scaling, messaging: number): Promise<void> {
  const { plan, folders, invocation } = scaling;
  invocation.output.progress(`starting ${plan.start.join(', ')}`);
  // Those that are to go stay until they have given their partitions away.
  const until = Math.max(messaging, ...plan.stop.map((id) => Number(id.slice(1))));
  await writeSize(folders, { formatVersion: 1, messaging: until, isSpread: false });
  await untilSized({ ...scaling, plan: { ...plan, stop: [] } }, until, `${plan.start.join(', ')} to be ready`);
}

/** How many. */
async function movePartitions({ invocation, folders, stack, plan, clock, limit }: Scaling): Promise<number> {
  const { configuratorUrl, adminToken, name } = stack;
  const { signal } = limit;
  const leaving = messagingIds(mostMessaging).filter((id) => !plan.servers.includes(id));
  const env = invocation.environment.env;
  const author = `cli:${env['USER'] ?? env['LOGNAME'] ?? 'unknown'}`;
  const body = { author, servers: plan.servers, leaving };
  const url = `${configuratorUrl}/api/servers/spread`;
  const moved = numberField(await callHttp({ url, method: 'POST', token: adminToken, body, signal }), 'moved') ?? 0;
  if (moved > 0) invocation.output.progress(`moving ${moved} partitions`);
  const { servers } = await stateOf(folders, name);
  await untilSettled({ configuratorUrl, adminToken, servers, clock, signal, waiting: limit.waitingFor });
  return moved;
}

/** Until the supervisor has all that are wanted, and none that are to stop. */
async function untilProcesses({ folders, stack, plan, clock, limit }: Scaling, what: string): Promise<void> {
  for (;;) {
    const { processes } = await stateOf(folders, stack.name);
    const missing = plan.servers.flatMap((id) => {
      const found = processes.find(({ serverId }) => serverId === id);
      return found?.state === 'running' ? [] : [`${id} ${found?.lastEnd ?? 'is starting'}`];
    });
    const surplus = processes.filter(({ serverId }) => plan.stop.includes(serverId));
    if (missing.length + surplus.length === 0) return;
    limit.waitingFor([what, ...missing]);
    await clock.sleep(pollMs, limit.signal);
  }
}

async function stateOf(folders: StackFolders, name: string): Promise<StackState> {
  const state = await readState(folders);
  if (state === undefined || state.status === 'stopped') throw notRunning(name, 'was stopped meanwhile');
  return state;
}

interface TimeLimit extends AsyncDisposable {
  readonly signal: AbortSignal;
  readonly waitingFor: (reasons: readonly string[]) => void;
}

function timeLimit(clock: Clock, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): TimeLimit {
  const late = new AbortController();
  let reasons: readonly string[] = [];
  const timer = clock.after(timeoutMs, () => {
    const why = `not all was as it should be after ${timeoutMs} ms: ${reasons.join('; ')}`;
    const hint = 'look at it with "cecochat status" and "cecochat logs"; the same command again goes on with it';
    late.abort(new CecochatError('timed.out', why, { hint, data: { waitingFor: reasons.join('; ') } }));
  });
  return {
    signal: AbortSignal.any([signal, late.signal]),
    waitingFor: (now) => void (reasons = now),
    [Symbol.asyncDispose]: () => Promise.resolve(timer.cancel()),
  };
}
