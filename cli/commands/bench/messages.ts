/**
 * `cecochat bench messages`: from send to durable acknowledgement and to the other user's client, beside the
 * floor that the same run measures: a bare stream on embedded engines, bare kafkajs on external ones.
 */
import { createScope } from '../../../services/core/lifecycle.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { askAll, shares } from './ask-all.ts';
import { openBenchStack } from './bench-stack.ts';
import { openChatLoad, shareOf } from './chat-load.ts';
import type { ExternalRequest } from './external/measure-external.ts';
import { probeFsync } from './fsync-probe.ts';
import { mergeResults, type LoadSummary } from './load-summary.ts';
import { closedLoop, openLoop, type MessagesOptions } from './messages-options.ts';
import { presentMessages } from './messages-text.ts';
import type { Load } from './orders.ts';
import { startWorker, type BenchWorker } from './worker-process.ts';

const floorMs = 4_000;
const floorWarmUpMs = 1_000;

export async function benchMessages(invocation: Invocation, options: MessagesOptions): Promise<CommandResult> {
  const { environment, output } = invocation;
  await using scope = createScope();
  const { stack, folder, external } = await openBenchStack(invocation, {
    name: options.name,
    throwAway: options.throwAway === true,
    engines: options,
    scope,
  });
  const fsync = await probeFsync(folder, environment.clock);
  const processes = Math.min(options.processes, options.dialogs);
  const workers = Array.from({ length: processes }, () => scope.use(startWorker(environment)));
  const given = { stack, workers, dialogs: options.dialogs, textBytes: options.size };
  if (external !== undefined) {
    return await onExternalEngines(invocation, { options, access: external.kafka, fsync, ...given });
  }
  const load = options.rate === undefined ? closedLoop(options) : openLoop(options, options.rate);
  const floor = options.floor ? await measureEcho(invocation, { workers, load, dialogs: options.dialogs }) : undefined;
  const chatLoad = await openChatLoad(invocation, given);
  output.progress(`measuring for ${(options.warmUp + options.duration) / 1000} s`);
  return presentMessages(options, { floor, chat: await chatLoad.run(load), fsync });
}

/** Loaded only then: drivers are large. */
async function onExternalEngines(invocation: Invocation, request: ExternalRequest): Promise<CommandResult> {
  const { measureExternal } = await import('./external/measure-external.ts');
  return measureExternal(invocation, request);
}

async function measureEcho(
  { environment, output }: Invocation,
  given: { workers: readonly BenchWorker[]; load: Load; dialogs: number },
): Promise<LoadSummary> {
  const { workers, load, dialogs } = given;
  output.progress(`measuring the floor for ${floorMs / 1000} s`);
  await using echo = startWorker(environment);
  const { address } = await echo.ask({ kind: 'echo' }, 'listening');
  const streams = shares(Array.from({ length: dialogs }), workers.length).map((share) => share.length);
  const timed = { ...load, warmUpMs: floorWarmUpMs, durationMs: floorMs - floorWarmUpMs };
  const share = shareOf(timed, workers.length);
  const results = await askAll(
    workers,
    (index) => ({ kind: 'floor', address, streams: streams[index] ?? 0, ...share }),
    'result',
  );
  return mergeResults(results, timed.durationMs);
}
