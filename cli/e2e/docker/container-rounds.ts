/**
 * Kafka, Cassandra and Redis as containers and each server as a process, any of which is killed while a crowd chats and
 * the number of messaging servers changes; `up` repairs.
 */
import { randomInt } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { recovered } from '../kill/rounds.ts';
import type { Scene } from '../kill/scenario.ts';
import { startWith, type EmbeddedStack, type StartWith } from '../kill/stack-handle.ts';
import { kill, type Sandbox } from '../sandbox.ts';
import { containersOf, docker, engineUrl, requireEngine } from './docker-command.ts';

/** One whose servers are processes of their own. */
interface SupervisedStack extends EmbeddedStack {
  /** Kills the process of one server with SIGKILL; the supervisor starts it again. Its id. */
  killServer(choose: (count: number) => number): Promise<string>;
  scale(messaging: number): Promise<void>;
}

export interface ContainerStack extends SupervisedStack {
  /** Kills the container of a part with SIGKILL. */
  killContainer(part: string): Promise<void>;
}

const parts = ['kafka', 'cassandra', 'redis'] as const;
const longestRecoveryMs = 120_000;
const mostMessaging = 4;

export async function startContainers(sandbox: Sandbox): Promise<ContainerStack> {
  await requireEngine();
  const name = `kill-${process.pid}`;
  const stack = await startSupervised(sandbox, {
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

async function startSupervised(sandbox: Sandbox, start: StartWith): Promise<SupervisedStack> {
  const stack = await startWith(sandbox, start);
  const { names, options } = start;
  return {
    ...stack,
    async killServer(choose) {
      const status = await sandbox.json(['status', ...names], options);
      const running = status.data.at('servers').list();
      const server = running[choose(running.length)];
      const pid = server?.at('pid').value;
      if (typeof pid === 'number') kill(pid);
      return server?.at('serverId').text() ?? '';
    },
    async scale(messaging) {
      const scaled = await sandbox.json(['scale', ...names, `messaging=${messaging}`], options);
      if (scaled.exitCode !== 0) throw new Error(`scale failed: ${scaled.errorCode} ${scaled.errorMessage}`);
    },
  };
}

/** Each part in turn, at a random moment; every third time the servers' supervisor with it, before others something of the servers. */
export async function containerRound(
  scene: Scene<ContainerStack>,
  round: number,
): Promise<Readonly<Record<string, number>>> {
  const { stack, random, signal } = scene;
  await systemClock.sleep(random.next() * 1500, signal);
  const servers = round % 3 === 0 ? {} : await serverRound(scene, round);
  const part = parts[(round + randomInt(random, 2)) % parts.length] ?? 'kafka';
  await stack.killContainer(part);
  const killedMs = systemClock.monotonicMs();
  if (round % 3 === 0) stack.kill();
  await systemClock.sleep(random.next() * 1000, signal);
  const upMs = await stack.restart();
  const recoveredMs = await recovered(scene, killedMs, longestRecoveryMs);
  return { ...servers, [`${part}: up (ms)`]: upMs, [`${part}: kill to all recovered (ms)`]: recoveredMs };
}

/** By turns a server is killed, which nobody but the supervisor repairs, and the number of messaging servers changes. */
async function serverRound(scene: Scene<SupervisedStack>, round: number): Promise<Readonly<Record<string, number>>> {
  const { stack, random } = scene;
  const beganMs = systemClock.monotonicMs();
  if (round % 2 === 0) {
    await stack.scale(1 + randomInt(random, mostMessaging));
    return { 'scale (ms)': systemClock.monotonicMs() - beganMs };
  }
  const id = await stack.killServer((count) => randomInt(random, count));
  const recoveredMs = await recovered(scene, systemClock.monotonicMs(), longestRecoveryMs);
  return { [`${id}: kill to all recovered (ms)`]: recoveredMs };
}
