/**
 * Kafka, Cassandra and Redis as containers, any of which is killed while a crowd chats; `up` repairs.
 */
import { randomInt } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { recovered } from '../kill/rounds.ts';
import type { Scene } from '../kill/scenario.ts';
import { startWith, type EmbeddedStack } from '../kill/stack-handle.ts';
import type { Sandbox } from '../sandbox.ts';
import { containersOf, docker, engineUrl, requireEngine } from './docker-command.ts';

export interface ContainerStack extends EmbeddedStack {
  /** Kills the container of a part with SIGKILL. */
  killContainer(part: string): Promise<void>;
}

const parts = ['kafka', 'cassandra', 'redis'] as const;
const longestRecoveryMs = 120_000;

export async function startContainers(sandbox: Sandbox): Promise<ContainerStack> {
  await requireEngine();
  const name = `kill-${process.pid}`;
  const stack = await startWith(sandbox, {
    up: ['--backends', 'docker'],
    names: ['--name', name],
    down: ['--volumes'],
    options: { env: { DOCKER_HOST: engineUrl }, timeoutMs: 300_000 },
  });
  return {
    ...stack,
    killContainer: async (part) => void (await docker('kill', (await containersOf(name))[part] ?? '')),
  };
}

/** Each part in turn, at a random moment; every third time the servers' process with it. */
export async function containerRound(
  { stack, random, signal, crowd }: Scene<ContainerStack>,
  round: number,
): Promise<Readonly<Record<string, number>>> {
  await systemClock.sleep(random.next() * 1500, signal);
  const part = parts[(round + randomInt(random, 2)) % parts.length] ?? 'kafka';
  await stack.killContainer(part);
  const killedMs = systemClock.monotonicMs();
  if (round % 3 === 0) stack.kill();
  await systemClock.sleep(random.next() * 1000, signal);
  const upMs = await stack.restart();
  const recoveredMs = await recovered({ stack, random, signal, crowd }, killedMs, longestRecoveryMs);
  return { [`${part}: up (ms)`]: upMs, [`${part}: kill to all recovered (ms)`]: recoveredMs };
}
