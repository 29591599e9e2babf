/**
 * One seeded schedule: the real owner, relay and materialize under crashes, stops, moves and faulty
 * producers, then healed and checked. The same seed gives the same schedule.
 */
import { makeSendKey, parseClientId, parseUserId, type ClientId, type UserId } from '../../core/ids.ts';
import { randomInt } from '../../core/random.ts';
import { checkCalm, checkPromises } from './check.ts';
import { describeLogs } from './describe-logs.ts';
import { createSimClient, type SimClient } from './sim-client.ts';
import { createSimHistory } from './sim-history.ts';
import { createSimServer, type Reserved, type SimServer } from './sim-server.ts';
import { createWorld, sleepMs, type Mutant, type World } from './sim-world.ts';

export interface Outcome {
  readonly seed: number;
  /** Empty when every promise was kept. */
  readonly violations: readonly string[];
  readonly messages: number;
  readonly records: number;
  readonly trace: readonly string[];
}

const stormMs = 20_000;
/** Past the last Tip, an hour after the last use. */
const endMs = 4_700_000;

export function simulate(seed: number, options: { mutant?: Mutant; traced?: boolean } = {}): Outcome {
  // Every eighth schedule has no faults at all.
  const faultiness = seed % 8 === 0 ? 0 : 0.02 + (seed % 5) * 0.06;
  const world = createWorld({ seed, mutant: options.mutant ?? {}, faultiness, traced: options.traced ?? false });
  const { scheduler } = world;
  const stack = createStack(world);
  const history = createSimHistory(world);
  const clients = createClients(world, { history, servers: (id) => stack.processes(id) });

  const calm = faultiness === 0;
  typing(world, clients);
  if (!calm) storm(world, { stack, clients });
  scheduler.runUntil(stormMs);
  world.calm();
  stack.heal();
  scheduler.runUntil(endMs);
  const violations = [...world.violations, ...checkPromises(clients, history), ...(calm ? checkCalm(world) : [])];
  if (world.trace !== undefined) for (const line of describeLogs(world)) world.say(line);
  return {
    seed,
    violations,
    messages: clients.reduce((sum, { outbox }) => sum + outbox.length, 0),
    records: world.logs.reduce((sum, log) => sum + log.length, 0),
    trace: world.trace ?? [],
  };
}

interface Stack {
  /** The newest process of the server first. */
  processes(id: string): readonly SimServer[];
  restart(id: string): void;
  heal(): void;
}

const serverIds = ['s1', 's2'] as const;

function createStack(world: World): Stack {
  const reserved: Reserved = new Map();
  const running = new Map<string, SimServer[]>(serverIds.map((id) => [id, [createSimServer(world, id, reserved)]]));
  const processes = (id: string): SimServer[] => running.get(id) ?? [];
  const restart = (id: string): void => {
    processes(id).unshift(createSimServer(world, id, reserved));
  };
  return {
    processes,
    restart,
    heal() {
      for (const id of serverIds) {
        const [newest] = processes(id);
        for (const one of processes(id)) if (one.paused) one.resume();
        // Of an older process nothing is left but what it has on its way.
        for (const one of processes(id)) if (one !== newest) one.kill();
        if (newest?.alive !== true) restart(id);
      }
    },
  };
}

function createClients(world: World, parts: Omit<Parameters<typeof createSimClient>[0], 'world'>): SimClient[] {
  const clients: SimClient[] = [];
  for (const id of [1n, 2n, 3n, 4n, 5n].slice(0, 3 + randomInt(world.random, 3)))
    for (let device = 0; device < 1 + randomInt(world.random, 2); device += 1)
      clients.push(createSimClient({ world, ...parts }, userOf(id), clientOf(world)));
  return clients;
}

function typing(world: World, clients: readonly SimClient[]): void {
  const users = [...new Set(clients.map(({ user }) => user))];
  for (let count = 15 + randomInt(world.random, 25); count > 0; count -= 1) {
    const client = clients[randomInt(world.random, clients.length)];
    const to = users[randomInt(world.random, users.length)];
    if (client === undefined || to === undefined) continue;
    world.scheduler.after(world.between(500, stormMs - 2000), () => {
      for (let more = 1 + randomInt(world.random, 3); more > 0; more -= 1) client.type(to);
    });
  }
}

function storm(world: World, parts: { stack: Stack; clients: readonly SimClient[] }): void {
  const { stack, clients } = parts;
  for (let count = 3 + randomInt(world.random, 10); count > 0; count -= 1)
    world.scheduler.after(world.between(100, stormMs), () => strike(world, stack));
  for (const client of clients) {
    if (world.chance(0.3)) world.scheduler.after(world.between(1000, stormMs), () => client.restart());
    if (!world.chance(0.01)) continue;
    world.sleepersCome();
    world.scheduler.after(world.between(1000, stormMs), () => client.sleepUntil(sleepMs));
  }
}

function strike(world: World, stack: Stack): void {
  const id = serverIds[randomInt(world.random, 2)] ?? 's1';
  const [newest] = stack.processes(id);
  if (newest === undefined) return;
  const { scheduler } = world;
  switch (randomInt(world.random, 4)) {
    case 0:
      newest.kill();
      scheduler.after(world.between(100, 5000), () => {
        if (stack.processes(id)[0]?.alive === false) stack.restart(id);
      });
      return;
    case 1:
      // Stopped and replaced; the old one wakes up and still believes.
      newest.pause();
      if (world.chance(0.6))
        scheduler.after(world.between(100, 6000), () => {
          if (stack.processes(id)[0] === newest) stack.restart(id);
        });
      scheduler.after(world.between(100, 12_000), () => newest.resume());
      return;
    case 2: {
      const partition = randomInt(world.random, world.partitionCount);
      world.assignment[partition] = world.assignment[partition] === 's1' ? 's2' : 's1';
      world.say(`partition ${partition} moves to ${world.assignment[partition]}`);
      return;
    }
    default:
      for (let partition = 0; partition < world.partitionCount; partition += 1) world.assignment[partition] = id;
      world.say(`all partitions move to ${id}`);
  }
}

function userOf(id: bigint): UserId {
  const user = parseUserId(id);
  if (user === undefined) throw new Error(`${id} is no user id`);
  return user;
}

function clientOf(world: World): ClientId {
  const client = parseClientId(makeSendKey(0, world.random.bytes(10)));
  if (client === undefined) throw new Error('a UUID is a client id');
  return client;
}
