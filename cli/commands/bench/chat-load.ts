/**
 * Load on a stack: dialogs between pairs of users, opened once by the client processes, then run as often as
 * somebody wants to measure.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { StackAccess } from '../../stack/running-stack.ts';
import type { Invocation } from '../command.ts';
import { askAll, shares } from './ask-all.ts';
import { createPeers } from './bench-peers.ts';
import { mergeResults, type LoadSummary } from './load-summary.ts';
import type { DialogPlan, Load, Peer } from './orders.ts';
import { readUsageOf } from './process-usage.ts';
import type { BenchWorker } from './worker-process.ts';

export interface ChatLoad {
  /** `load`: of all processes together. */
  run(load: Load): Promise<ChatFigures>;
}

export interface ChatFigures extends LoadSummary {
  /** Of the servers' processes within the measured time; undefined where the system does not tell. */
  readonly serverCpuMs: number | undefined;
}

/** Error: stack.unhealthy when not every dialog can be opened. */
export async function openChatLoad(
  { environment, output }: Invocation,
  given: {
    readonly stack: StackAccess;
    readonly workers: readonly BenchWorker[];
    readonly dialogs: number;
    readonly textBytes: number;
  },
): Promise<ChatLoad> {
  const { stack, workers, dialogs, textBytes } = given;
  const { clock, signal } = environment;
  const peers = await createPeers(stack, dialogs * 2, signal);
  const plans = shares(planDialogs(peers, clock.nowMs()), workers.length);
  output.progress(`opening ${dialogs} dialogs`);
  const opened = await askAll(
    workers,
    (index) => ({ kind: 'open-dialogs', dialogs: plans[index] ?? [], textBytes }),
    'opened',
  );
  const fault = opened.flatMap(({ faults }) => faults)[0];
  const open = opened.reduce((sum, answer) => sum + answer.open, 0);
  if (fault !== undefined || open < dialogs) {
    const why = fault ?? 'no welcome';
    throw new CecochatError('stack.unhealthy', `${open} of ${dialogs} dialogs could be opened: ${why}`);
  }
  return {
    async run(load) {
      const share = shareOf(load, workers.length);
      const cpu = measureCpu([stack.pid, ...stack.serverPids], { clock, load, signal });
      const results = await askAll(workers, () => ({ kind: 'run', ...share }), 'result');
      return { ...mergeResults(results, load.durationMs), serverCpuMs: await cpu };
    },
  };
}

/** What one of the processes has to do of a load. */
export function shareOf(load: Load, processes: number): Load {
  return load.rate === undefined ? load : { ...load, rate: load.rate / processes };
}

async function measureCpu(
  pids: readonly number[],
  given: { clock: Clock; load: Load; signal: AbortSignal },
): Promise<number | undefined> {
  const { clock, load, signal } = given;
  await clock.sleep(load.warmUpMs, signal);
  const before = await readUsageOf(pids);
  await clock.sleep(load.durationMs, signal);
  const after = await readUsageOf(pids);
  return before === undefined || after === undefined ? undefined : after.cpuMs - before.cpuMs;
}

function planDialogs(peers: readonly Peer[], nowMs: number): DialogPlan[] {
  const plans: DialogPlan[] = [];
  for (let index = 0; index + 1 < peers.length; index += 2) {
    const sender = peers[index];
    const receiver = peers[index + 1];
    if (sender === undefined || receiver === undefined) break;
    // The time keeps keys of an earlier run apart from those of this one.
    plans.push({ sender, receiver, series: (index / 2 + Math.floor(nowMs)) % 0xff_ff_ff });
  }
  return plans;
}
