/**
 * `cecochat bench messages`: from send to durable acknowledgement and to the other user's client, beside the
 * floor: the same bytes through a bare stream, on the same machine, in the same run.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { createScope } from '../../../services/core/lifecycle.ts';
import { formatCount } from '../../output/units.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { createPeers } from './bench-peers.ts';
import { openBenchStack } from './bench-stack.ts';
import { probeFsync, type FsyncTimes } from './fsync-probe.ts';
import { mergeResults, latencyLine, type LoadSummary } from './load-summary.ts';
import type { Answer, DialogPlan, Load, Order, Peer } from './orders.ts';
import { readProcessUsage } from './process-usage.ts';
import { startWorker, type BenchWorker } from './worker-process.ts';

export interface MessagesOptions {
  readonly name: string;
  readonly throwAway?: boolean;
  readonly dialogs: number;
  readonly inFlight: number;
  readonly rate?: number;
  readonly size: number;
  readonly duration: number;
  readonly warmUp: number;
  readonly processes: number;
  readonly floor: boolean;
}

interface Measured {
  readonly floor: LoadSummary | undefined;
  readonly chat: LoadSummary;
  readonly serverCpuMs: number | undefined;
  readonly fsync: FsyncTimes;
}

const floorMs = 4_000;

export async function benchMessages(invocation: Invocation, options: MessagesOptions): Promise<CommandResult> {
  const { environment, output } = invocation;
  await using scope = createScope();
  const { stack, pid, folder } = await openBenchStack(invocation, {
    name: options.name,
    throwAway: options.throwAway === true,
    scope,
  });
  const load: Load = {
    warmUpMs: options.warmUp,
    durationMs: options.duration,
    textBytes: options.size,
    inFlight: options.inFlight,
  };
  const fsync = await probeFsync(folder, environment.clock);
  const processes = Math.min(options.processes, options.dialogs);
  const workers = Array.from({ length: processes }, () => scope.use(startWorker(environment)));
  const rate = options.rate === undefined ? {} : { rate: options.rate / processes };
  const paced: Load = { ...load, ...rate, inFlight: options.rate === undefined ? options.inFlight : 4000 };
  const floor = options.floor
    ? await measureFloor(invocation, { workers, load: paced, dialogs: options.dialogs })
    : undefined;

  const peers = await createPeers(stack, options.dialogs * 2, environment.signal);
  const plans = shares(planDialogs(peers, environment.clock.nowMs()), processes);
  output.progress(`opening ${options.dialogs} dialogs`);
  const opened = await askAll(
    workers,
    (index) => ({ kind: 'open-dialogs', dialogs: plans[index] ?? [], textBytes: options.size }),
    'opened',
  );
  const fault = opened.flatMap(({ faults }) => faults)[0];
  const open = opened.reduce((sum, answer) => sum + answer.open, 0);
  if (fault !== undefined || open < options.dialogs) {
    throw new CecochatError(
      'stack.unhealthy',
      `${open} of ${options.dialogs} dialogs could be opened: ${fault ?? 'no welcome'}`,
    );
  }
  output.progress(`measuring for ${(options.warmUp + options.duration) / 1000} s`);
  const cpu = measureCpu(pid, { clock: environment.clock, load, signal: environment.signal });
  const results = await askAll(workers, () => ({ kind: 'run', ...paced }), 'result');
  const chat = mergeResults(results, options.duration);
  return present(options, { floor, chat, serverCpuMs: await cpu, fsync });
}

async function measureFloor(
  { environment, output }: Invocation,
  given: { workers: readonly BenchWorker[]; load: Load; dialogs: number },
): Promise<LoadSummary> {
  const { workers, load, dialogs } = given;
  output.progress(`measuring the floor for ${floorMs / 1000} s`);
  await using echo = startWorker(environment);
  const { address } = await echo.ask({ kind: 'echo' }, 'listening');
  const streams = shares(Array.from({ length: dialogs }), workers.length).map((share) => share.length);
  const timed = { ...load, warmUpMs: 1_000, durationMs: floorMs - 1_000 };
  const results = await askAll(
    workers,
    (index) => ({ kind: 'floor', address, streams: streams[index] ?? 0, ...timed }),
    'result',
  );
  return mergeResults(results, timed.durationMs);
}

/** CPU of the server within the measured time. */
async function measureCpu(
  pid: number,
  given: { clock: Invocation['environment']['clock']; load: Load; signal: AbortSignal },
): Promise<number | undefined> {
  const { clock, load, signal } = given;
  await clock.sleep(load.warmUpMs, signal);
  const before = await readProcessUsage(pid);
  await clock.sleep(load.durationMs, signal);
  const after = await readProcessUsage(pid);
  return before === undefined || after === undefined ? undefined : after.cpuMs - before.cpuMs;
}

export function planDialogs(peers: readonly Peer[], nowMs: number): DialogPlan[] {
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

/** Deals out as evenly as possible, in order. */
export function shares<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, index) =>
    items.slice(Math.floor((items.length * index) / count), Math.floor((items.length * (index + 1)) / count)),
  );
}

export function askAll<K extends Answer['kind']>(
  workers: readonly BenchWorker[],
  order: (index: number) => Order,
  kind: K,
): Promise<Extract<Answer, { kind: K }>[]> {
  return Promise.all(workers.map((worker, index) => worker.ask(order(index), kind)));
}

function present(options: MessagesOptions, { floor, chat, serverCpuMs, fsync }: Measured): CommandResult {
  const seconds = options.duration / 1000;
  const ratio = floor === undefined ? undefined : chat.perSecond / floor.perSecond;
  const mode =
    options.rate === undefined
      ? `closed loop: ${options.dialogs} dialogs, ${options.inFlight} messages in flight in each`
      : `open loop: ${formatCount(options.rate)} messages/s over ${options.dialogs} dialogs, latency from the intended send`;
  const cpu = (ms: number | undefined): string =>
    ms === undefined ? 'unknown' : `${(ms / 1000 / seconds).toFixed(2)} cores`;
  const text = [
    `${mode}, text of ${options.size} bytes, ${seconds} s after ${options.warmUp / 1000} s of warm-up`,
    `  messages      ${formatCount(chat.perSecond)}/s acknowledged as durable and delivered`,
    `  delivered     ${latencyLine(chat.delivery)}`,
    `  acknowledged  ${latencyLine(chat.acknowledgement)}`,
    ...(floor === undefined || ratio === undefined
      ? []
      : [
          `  floor         ${formatCount(floor.perSecond)}/s echoed by a bare stream, ${latencyLine(floor.delivery)}`,
          ...(options.rate === undefined ? [`  of the floor  ${(ratio * 100).toFixed(0)} %`] : []),
        ]),
    `  disk          fdatasync of 4 KiB: p50 ${fsync.p50Ms.toFixed(2)} ms, p99 ${fsync.p99Ms.toFixed(2)} ms`,
    `  CPU           server ${cpu(serverCpuMs)}, clients ${cpu(chat.cpuMs)}`,
  ].join('\n');
  const fault = chat.faults[0] ?? (chat.misplaced > 0 ? `${chat.misplaced} messages came out of place` : undefined);
  return {
    data: {
      mode: options.rate === undefined ? 'closed' : 'open',
      dialogs: options.dialogs,
      inFlight: options.inFlight,
      rate: options.rate ?? null,
      textBytes: options.size,
      durationMs: options.duration,
      messagesPerSecond: chat.perSecond,
      messages: chat.completed,
      delivered: chat.delivery,
      acknowledged: chat.acknowledgement,
      floor: floor === undefined ? null : { messagesPerSecond: floor.perSecond, latency: floor.delivery },
      ratioToFloor: ratio ?? null,
      fsync,
      serverCpuMs: serverCpuMs ?? null,
      clientCpuMs: chat.cpuMs,
      misplaced: chat.misplaced,
      faults: chat.faults,
    },
    text,
    ...(fault === undefined ? {} : { failure: new CecochatError('stack.unhealthy', fault) }),
  };
}
