/**
 * `bench messages` on external engines, beside bare kafkajs on the same brokers in the same run: latency at a fixed
 * rate beside one produce-to-consume round trip, then throughput at saturation beside a producer that sends the
 * same batches. The floor has a topic like the stack's, removed in the end.
 */
import { createScope } from '../../../../services/core/lifecycle.ts';
import type { StackAccess } from '../../../stack/running-stack.ts';
import type { CommandResult, Invocation } from '../../command.ts';
import { openChatLoad, type ChatFigures } from '../chat-load.ts';
import type { FsyncTimes } from '../fsync-probe.ts';
import { mergeResults, type LoadSummary } from '../load-summary.ts';
import { closedLoop, openLoop, type MessagesOptions } from '../messages-options.ts';
import type { Load } from '../orders.ts';
import { startWorker, type BenchWorker } from '../worker-process.ts';
import { countsBetween, readAppendCounts, type AppendCounts } from './append-counts.ts';
import { presentExternal } from './external-text.ts';
import { createFloorTopic, type FloorTopic } from './floor-topic.ts';
import type { KafkaAccess } from './kafka-client.ts';

export interface Phase {
  readonly chat: ChatFigures;
  /** How the stack appended meanwhile, its warm-up included. */
  readonly appends: AppendCounts;
  readonly floor: LoadSummary | undefined;
}

export interface ExternalFigures {
  readonly rate: number;
  readonly latency: Phase;
  /** Undefined when the rate was too much already. */
  readonly saturation: Phase | undefined;
  readonly fsync: FsyncTimes;
}

export interface ExternalRequest {
  readonly options: MessagesOptions;
  readonly stack: StackAccess;
  readonly access: KafkaAccess;
  readonly fsync: FsyncTimes;
  readonly workers: readonly BenchWorker[];
  readonly dialogs: number;
  readonly textBytes: number;
}

const defaultRate = 1_000;
const floorWarmUpMs = 3_000;

/** Errors: stack.unhealthy, engine.unavailable. */
export async function measureExternal(invocation: Invocation, request: ExternalRequest): Promise<CommandResult> {
  const { options, access, fsync } = request;
  await using scope = createScope();
  const place = options.floor ? scope.use(await createFloorTopic(access, floorName(invocation, access))) : undefined;
  const chat = await openChatLoad(invocation, request);
  const rate = options.rate ?? defaultRate;
  const measure = async (load: Load, title: string): Promise<Omit<Phase, 'floor'>> => {
    const { output, environment } = invocation;
    const seconds = (load.warmUpMs + load.durationMs) / 1000;
    output.progress(`measuring ${title} for ${seconds} s`);
    const before = await readAppendCounts(request.stack, environment.signal);
    const figures = await chat.run(load);
    const after = await readAppendCounts(request.stack, environment.signal);
    return { chat: figures, appends: countsBetween(before, after) };
  };
  const floor = async (phase: Omit<Phase, 'floor'>, load: Load, kind: FloorKind): Promise<Phase> => ({
    ...phase,
    floor: place === undefined ? undefined : await measureFloor(invocation, { ...request, place, phase, load, kind }),
  });
  const steady = openLoop(options, rate);
  const latency = await floor(await measure(steady, 'latency'), steady, 'kafka-round-trip');
  // What the first load left behind would be taken for the second one's.
  const isClean = latency.chat.faults.length === 0;
  const full = closedLoop(options);
  const saturation = isClean ? await floor(await measure(full, 'throughput'), full, 'kafka-produce') : undefined;
  return presentExternal(options, { rate, latency, saturation, fsync });
}

type FloorKind = 'kafka-round-trip' | 'kafka-produce';

/** In one process of its own, on records and requests of the mean size that the stack's had. */
async function measureFloor(
  { environment, output }: Invocation,
  given: ExternalRequest & { place: FloorTopic; phase: Omit<Phase, 'floor'>; load: Load; kind: FloorKind },
): Promise<LoadSummary> {
  const { access, dialogs, phase, kind } = given;
  const { topic, group, partitionCount } = given.place;
  const { requests, batches, records, bytes } = phase.appends;
  const load = { ...given.load, warmUpMs: Math.min(floorWarmUpMs, given.load.warmUpMs) };
  output.progress(`measuring the floor for ${(load.warmUpMs + load.durationMs) / 1000} s`);
  const place = { access, topic, group, partitionCount, recordBytes: Math.round(bytes / records) };
  await using worker = startWorker(environment);
  const shape = { records: records / requests, partitions: batches / requests };
  const result = await worker.ask(
    kind === 'kafka-produce' ? { kind, place, shape, ...load } : { kind, place, streams: dialogs, ...load },
    'result',
  );
  return mergeResults([result], load.durationMs);
}

function floorName({ environment }: Invocation, { topic }: KafkaAccess): string {
  return `${topic}.floor-${Buffer.from(environment.random.bytes(4)).toString('hex')}`;
}
