/**
 * `cecochat bench connections`: many open, authenticated Chat.Open streams in one server process, each of
 * them then sending a few messages; how many get through, how late, at what cost in memory and CPU.
 */
import { readFile } from 'node:fs/promises';
import { CecochatError } from '../../../services/core/errors.ts';
import { createScope } from '../../../services/core/lifecycle.ts';
import { formatBytes, formatCount } from '../../output/units.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { askAll, shares } from './ask-all.ts';
import { createPeers } from './bench-peers.ts';
import { openBenchStack } from './bench-stack.ts';
import { latencyLine, mergeLatencies, type Latencies } from './load-summary.ts';
import type { ConnectionPlan, Peer, Progress } from './orders.ts';
import { readFileLimit, readUsageOf } from './process-usage.ts';
import { startWorker, type BenchWorker } from './worker-process.ts';

export interface ConnectionsOptions {
  readonly name: string;
  readonly throwAway?: boolean;
  readonly connections: number;
  readonly messages: number;
  readonly interval: number;
  readonly size: number;
  readonly processes: number;
}

const settleMs = 2_000;
/** Without progress for so long it is over: sooner when something went wrong. */
const stallMs = 90_000;
const stallAfterFaultMs = 3_000;
/** Files that a process has open besides its connections. */
const otherFiles = 200;

export async function benchConnections(invocation: Invocation, options: ConnectionsOptions): Promise<CommandResult> {
  const { environment, output } = invocation;
  const { clock, signal } = environment;
  await using scope = createScope();
  const { stack, pids } = await openBenchStack(invocation, {
    name: options.name,
    throwAway: options.throwAway === true,
    engines: { backends: 'auto' },
    scope,
  });
  await checkFileLimits(options, pids[0] ?? stack.pid);
  output.progress(`getting ${formatCount(options.connections)} sessions`);
  const peers = await createPeers(stack, options.connections, signal);
  const pairs = shares(planConnections(peers, clock.nowMs()), options.processes);
  await checkPorts(peers);
  const workers = pairs.map(() => scope.use(startWorker(environment)));
  await clock.sleep(settleMs, signal);
  const empty = await readUsageOf(pids);

  output.progress(`opening ${formatCount(options.connections)} connections from ${workers.length} processes`);
  const openStartMs = clock.monotonicMs();
  const opened = await askAll(
    workers,
    (index) => ({
      kind: 'open-connections',
      connections: (pairs[index] ?? []).flat(),
      connectUrl: stack.connectUrl,
      textBytes: options.size,
    }),
    'opened',
  );
  const openMs = clock.monotonicMs() - openStartMs;
  const open = opened.reduce((sum, answer) => sum + answer.open, 0);
  const openFault = opened.flatMap(({ faults }) => faults)[0];
  if (openFault !== undefined) {
    throw new CecochatError('stack.unhealthy', `${open} of ${options.connections} connections opened: ${openFault}`);
  }
  await clock.sleep(settleMs, signal);
  const full = await readUsageOf(pids);

  output.progress(`each sends ${options.messages} messages, one every ${options.interval} ms`);
  for (const worker of workers) worker.tell({ kind: 'send', messages: options.messages, intervalMs: options.interval });
  const expected = open * options.messages;
  const progress = await follow({ workers, expected, invocation });
  const done = await readUsageOf(pids);
  const total = (of: (one: Progress) => number): number => progress.reduce((sum, one) => sum + of(one), 0);
  return present(options, {
    open,
    openMs,
    expected,
    acknowledged: total((one) => one.acknowledged),
    delivered: total((one) => one.delivered),
    misplaced: total((one) => one.misplaced),
    refused: total((one) => one.refused),
    lost: total((one) => one.lost),
    lateMs: Math.max(0, ...progress.map((one) => one.lastDeliveryMs)) - options.messages * options.interval,
    latency: mergeLatencies(progress.map((one) => one.latency)),
    faults: progress.flatMap((one) => one.faults),
    bytesPerConnection:
      empty === undefined || full === undefined || open === 0 ? undefined : (full.rssBytes - empty.rssBytes) / open,
    serverCpuMs: full === undefined || done === undefined ? undefined : done.cpuMs - full.cpuMs,
    clientCpuMs: total((one) => one.cpuMs),
    serverRssBytes: done?.rssBytes,
  });
}

/** Neighbours send to each other; a pair stays in one process, so that one clock times both. */
function planConnections(peers: readonly Peer[], nowMs: number): ConnectionPlan[][] {
  const pairs: ConnectionPlan[][] = [];
  for (let index = 0; index + 1 < peers.length; index += 2) {
    const one = peers[index];
    const other = peers[index + 1];
    if (one === undefined || other === undefined) break;
    const series = (index + Math.floor(nowMs)) % 0xff_ff_fe;
    pairs.push([
      { ...one, toUserId: other.userId, series },
      { ...other, toUserId: one.userId, series: series + 1 },
    ]);
  }
  return pairs;
}

async function follow(given: {
  workers: readonly BenchWorker[];
  expected: number;
  invocation: Invocation;
}): Promise<Progress[]> {
  const { workers, expected, invocation } = given;
  const { clock, signal } = invocation.environment;
  let best = 0;
  let bestAtMs = clock.monotonicMs();
  for (;;) {
    await clock.sleep(250, signal);
    const progress = workers.flatMap((worker) => (worker.progress === undefined ? [] : [worker.progress]));
    const done = progress.reduce((sum, one) => sum + Math.min(one.delivered, one.acknowledged), 0);
    if (done >= expected) return progress;
    if (done > best) {
      best = done;
      bestAtMs = clock.monotonicMs();
    } else {
      const limitMs = progress.some((one) => one.faults.length > 0) ? stallAfterFaultMs : stallMs;
      if (clock.monotonicMs() - bestAtMs > limitMs) return progress;
    }
  }
}

async function checkFileLimits(options: ConnectionsOptions, serverPid: number): Promise<void> {
  const perClient = Math.ceil(options.connections / options.processes) + otherFiles;
  const checks = [
    { who: 'the server process', needed: options.connections + otherFiles, limit: await readFileLimit(serverPid) },
    { who: 'each client process', needed: perClient, limit: await readFileLimit('self') },
  ];
  for (const { who, needed, limit } of checks) {
    if (limit === undefined || limit >= needed) continue;
    throw new CecochatError('usage.invalid', `${who} may open ${limit} files at once; this needs ${needed}`, {
      hint: `run "ulimit -n ${needed}" in this shell, then "cecochat down" and "cecochat up", or use fewer --connections`,
    });
  }
}

/** Each connection takes a local port per server address. */
async function checkPorts(peers: readonly Peer[]): Promise<void> {
  let text: string;
  try {
    text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return;
  }
  const [first = 0, last = 0] = text.trim().split(/\s+/).map(Number);
  const byAddress = new Map<string, number>();
  for (const { address } of peers) byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
  for (const [address, count] of byAddress) {
    if (count <= last - first) continue;
    throw new CecochatError(
      'usage.invalid',
      `${count} connections to ${address} need more than the ${last - first} local ports`,
      {
        hint: 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"',
      },
    );
  }
}

interface Outcome {
  readonly open: number;
  readonly openMs: number;
  readonly expected: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly misplaced: number;
  readonly refused: number;
  readonly lost: number;
  readonly lateMs: number;
  readonly latency: Latencies;
  readonly faults: readonly string[];
  readonly bytesPerConnection: number | undefined;
  readonly serverCpuMs: number | undefined;
  readonly clientCpuMs: number;
  readonly serverRssBytes: number | undefined;
}

function present(options: ConnectionsOptions, outcome: Outcome): CommandResult {
  const { open, openMs, expected, delivered, acknowledged, misplaced, refused, lost, faults, lateMs, latency } =
    outcome;
  const planned = (options.messages * options.interval) / 1000;
  const cpu = (ms: number | undefined): string => (ms === undefined ? 'unknown' : `${(ms / 1000).toFixed(1)} s`);
  const memory = outcome.bytesPerConnection;
  const text = [
    `${formatCount(open)} of ${formatCount(options.connections)} connections open, after ${(openMs / 1000).toFixed(1)} s`,
    `  messages  ${formatCount(delivered)} of ${formatCount(expected)} delivered, ${formatCount(acknowledged)} acknowledged as durable`,
    `  retries   ${formatCount(refused)} sends refused at first, ${formatCount(lost)} streams opened again`,
    `  time      ${(Math.max(0, lateMs) / 1000).toFixed(1)} s beyond the ${planned} s`,
    `  delivered ${latencyLine(latency)}`,
    `  memory    ${memory === undefined ? 'unknown' : formatBytes(memory)} of the server per connection`,
    `  CPU       server ${cpu(outcome.serverCpuMs)} while sending, clients ${cpu(outcome.clientCpuMs)} in all`,
  ].join('\n');
  const missing = expected - Math.min(delivered, acknowledged);
  const fault =
    faults[0] ??
    (missing > 0 ? `${missing} messages did not get through` : undefined) ??
    (misplaced > 0 ? `${misplaced} messages came out of place` : undefined);
  return {
    data: {
      connections: open,
      wanted: options.connections,
      openMs: Math.round(openMs),
      expected,
      delivered,
      acknowledged,
      misplaced,
      refused,
      reopened: lost,
      beyondMs: Math.round(Math.max(0, lateMs)),
      latency,
      serverBytesPerConnection: memory === undefined ? null : Math.round(memory),
      serverRssBytes: outcome.serverRssBytes ?? null,
      serverCpuMs: outcome.serverCpuMs ?? null,
      clientCpuMs: Math.round(outcome.clientCpuMs),
      faults,
    },
    text,
    ...(fault === undefined ? {} : { failure: new CecochatError('stack.unhealthy', fault) }),
  };
}
