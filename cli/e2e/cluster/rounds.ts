/**
 * One round of harm on the cluster: a process of any kind is killed with SIGKILL and started again, or is stopped
 * for longer than its lease and goes on as a stale owner, or is stopped in order.
 */
import { randomInt } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { recovered } from '../kill/rounds.ts';
import type { Scene } from '../kill/scenario.ts';
import type { Cluster } from './cluster-handle.ts';

interface Target {
  readonly name: string;
  /** Engines are killed only. */
  readonly stop?: () => Promise<number | null>;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  revive(): Promise<void>;
}

/** Longer than the lease of a messaging server. */
const stoppedMs = 5_000;
const longestRecoveryMs = 90_000;
/** What a server may take to drain: `drainMs` for calls, and the release of its partitions. */
const longestStopMs = 10_000;
/** A killed server stays away for a moment, as under a supervisor; a messaging server until it is replaced. */
const awayMs = 500;

export async function clusterRound(scene: Scene<Cluster>, round: number): Promise<Readonly<Record<string, number>>> {
  const beganMs = systemClock.monotonicMs();
  await scene.stack.ready();
  const readyMs = systemClock.monotonicMs() - beganMs;
  return { 'wait before a round until every server is ready (ms)': readyMs, ...(await harm(scene, round)) };
}

async function harm(scene: Scene<Cluster>, round: number): Promise<Readonly<Record<string, number>>> {
  const { stack: cluster, random, signal } = scene;
  const target = await pick(cluster, scene, round);
  await systemClock.sleep(random.next() * 500, signal);
  const kind = target.name.replace(/ .*$/, '');
  const isMessaging = kind === 'messaging';
  if (isMessaging && round % 8 === 5) return stoppedInOrder(scene, target);
  const isStop = isMessaging ? round % 8 === 3 : round % 4 === 0;
  const isCalm = isMessaging && round % 8 === 7;
  if (isCalm) await calmDown(scene);
  await target.signal(isStop ? 'SIGSTOP' : 'SIGKILL');
  // Not before: what is sent while it dies may still be answered by it.
  const harmedMs = systemClock.monotonicMs();
  if (isStop) {
    await systemClock.sleep(stoppedMs, signal);
    await target.signal('SIGCONT');
    const recoveredMs = await recovered(scene, harmedMs + stoppedMs, longestRecoveryMs);
    return { [`stop ${kind} for ${stoppedMs / 1000} s, then to all recovered (ms)`]: recoveredMs };
  }
  if (isMessaging) {
    // Nobody starts it again before the others serve its users.
    const flowsMs = await recovered(scene, harmedMs, longestRecoveryMs);
    await target.revive();
    scene.crowd.isCalm = false;
    const load = isCalm ? 'a message a second from each user' : 'under full load';
    return { [`kill messaging to messages flowing, ${load} (ms)`]: flowsMs };
  }
  await systemClock.sleep(awayMs, signal);
  await target.revive();
  return { [`kill ${kind} to all recovered (ms)`]: await recovered(scene, harmedMs, longestRecoveryMs) };
}

/** On a few cores the full load is more than the engines can take: answers take seconds then, also without any harm. */
async function calmDown({ crowd, signal }: Scene<Cluster>): Promise<void> {
  crowd.isCalm = true;
  while (crowd.senders.some((device) => device.unsettled > 1)) await systemClock.sleep(50, signal);
}

/** SIGTERM: it finishes its appends, releases its partitions and ends; an idle one takes them at once. */
async function stoppedInOrder(scene: Scene<Cluster>, target: Target) {
  const beganMs = systemClock.monotonicMs();
  const exitCode = await target.stop?.();
  const endedMs = systemClock.monotonicMs();
  if (exitCode !== 0 || endedMs - beganMs > longestStopMs)
    throw new Error(
      `${target.name} ended ${Math.round(endedMs - beganMs)} ms after SIGTERM, with exit code ${exitCode}, not 0`,
    );
  const flowsMs = await recovered(scene, endedMs, longestRecoveryMs);
  await target.revive();
  return {
    'stop messaging to its end (ms)': endedMs - beganMs,
    'stop messaging, from its end to messages flowing (ms)': flowsMs,
  };
}

function targetsOf(cluster: Cluster): readonly Target[] {
  const servers = cluster.servers.servers.map((server) => ({
    name: server.name,
    signal: (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => server.signal(signal),
    stop: () => server.stop(),
    revive: async () => server.start(),
  }));
  return [...servers, ...cluster.engines.processes];
}

/** A messaging server that has partitions every other time, between them the other kinds in turn. */
async function pick(cluster: Cluster, { random }: Scene<Cluster>, round: number): Promise<Target> {
  const owners = new Set((await cluster.owners()).map((id) => `messaging ${id}`));
  const targets = targetsOf(cluster).filter(({ name }) => !name.startsWith('messaging') || owners.has(name));
  const of = (kind: string): readonly Target[] => targets.filter(({ name }) => name.startsWith(kind));
  const kinds = [
    'materialize',
    'broker',
    'history',
    'cassandra',
    'configurator',
    'redis',
    'connect',
    'profile',
    'broker',
  ];
  const kind = round % 2 === 1 ? 'messaging' : (kinds[(round / 2 - 1) % kinds.length] ?? 'broker');
  const some = of(kind);
  const one = some[randomInt(random, some.length)];
  if (one === undefined) throw new Error(`there is no ${kind}`);
  return one;
}
