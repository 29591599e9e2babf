/**
 * The two kinds of harm: the server process is killed at a random moment and started again; partitions move
 * between the two messaging servers.
 */
import { randomInt } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import type { Scene } from './scenario.ts';
import type { EmbeddedStack } from './stack-handle.ts';

const partitionCount = 360;
/** Tells what is stuck from what is slow: on a machine whose two cores are shared, a restart alone took 8 s. */
const longestRecoveryMs = 30_000;

/** Most rounds kill under full load; every fifth in the middle of the recovery from the round before. */
export async function killRound(scene: Scene<EmbeddedStack>, round: number): Promise<Readonly<Record<string, number>>> {
  const { stack, random, signal } = scene;
  await systemClock.sleep(random.next() * 600, signal);
  if (round % 7 === 0) await moveRound(scene);
  stack.kill();
  const killedMs = systemClock.monotonicMs();
  const upMs = await stack.restart();
  if (round % 5 === 0) return { 'restart (ms)': upMs };
  const recoveredMs = await recovered(scene, killedMs);
  return { 'restart (ms)': upMs, 'kill to all recovered (ms)': recoveredMs };
}

/** Sends each partition to s1 or s2 anew: everything below a random border to one, the rest to the other. */
export async function moveRound(scene: Scene): Promise<Readonly<Record<string, number>>> {
  const { stack, random } = scene;
  const border = 1 + randomInt(random, partitionCount - 1);
  const [low, high] = random.next() < 0.5 ? ['s1', 's2'] : ['s2', 's1'];
  await stack.movePartitions({ [low]: ranges(0, border - 1), [high]: ranges(border, partitionCount - 1) });
  return {};
}

/** Moves, waits until everybody chats again, and a little more; every fourth move follows at once. */
export async function moveAndRecover(scene: Scene, round: number): Promise<Readonly<Record<string, number>>> {
  const movedMs = systemClock.monotonicMs();
  await moveRound(scene);
  if (round % 4 === 0) {
    await systemClock.sleep(scene.random.next() * 150, scene.signal);
    return {};
  }
  const recoveredMs = await recovered(scene, movedMs);
  await systemClock.sleep(scene.random.next() * 800, scene.signal);
  return { 'move to all recovered (ms)': recoveredMs };
}

/** Milliseconds from the harm until every sender got an answer to a send that it made after it. */
export async function recovered(
  { crowd, signal }: Scene,
  sinceMs: number,
  longestMs = longestRecoveryMs,
): Promise<number> {
  for (;;) {
    const firsts = crowd.senders.map((device) => device.firstAckSince(sinceMs));
    if (firsts.every((first) => first !== undefined)) return Math.max(...firsts) - sinceMs;
    if (systemClock.monotonicMs() - sinceMs > longestMs) {
      const waiting = crowd.senders.filter((_, index) => firsts[index] === undefined);
      throw new Error(`not recovered after ${longestMs} ms: ${waiting.map((device) => device.state).join('; ')}`);
    }
    await systemClock.sleep(20, signal);
  }
}

function ranges(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}
