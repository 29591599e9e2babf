/**
 * Chooses the ports of a stack: what it had last, else a block of its own from the base; a busy port is
 * replaced by a free one, and that is said.
 */
import { createServer } from 'node:net';

const offsets: Ports = {
  'profile.http': 0,
  'connect.http': 1,
  'configurator.http': 2,
  'history.http': 3,
  'materialize.http': 4,
  'history.grpc': 10,
};

/** As many messaging servers as have places in a block of ports. */
export const mostMessaging = 32;
export const usualMessaging = 2;

/** s1, s2, ... */
export function messagingIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `s${index + 1}`);
}

/** The listening sockets of a stack with so many messaging servers. */
export function portNames(messaging: number): PortName[] {
  const ofMessaging = messagingIds(messaging).flatMap((id) => [`messaging.${id}.http`, `messaging.${id}.grpc`]);
  return [...Object.keys(offsets), ...ofMessaging];
}

/** Its place in the stack's block of ports. */
export function portOffset(name: PortName): number {
  const [, id = '', kind] = /^messaging\.s(\d+)\.(http|grpc)$/.exec(name) ?? [];
  const [firstTwo, others] = kind === 'http' ? [4, 20] : [10, 60];
  return offsets[name] ?? Number(id) + (Number(id) <= 2 ? firstTwo : others);
}

/** "profile.http", "messaging.s1.grpc" */
export type PortName = string;
export type Ports = Readonly<Record<PortName, number>>;

export const firstPortBase = 7100;
export const portBlockSize = 100;

export interface PortPlan {
  readonly ports: Ports;
  readonly replaced: readonly ReplacedPort[];
}

/** A busy one, and what is taken in its place. */
export interface ReplacedPort {
  readonly name: PortName;
  readonly wanted: number;
  readonly got: number;
}

export interface PortWishes {
  readonly host: string;
  readonly names: readonly PortName[];
  /** Not to be chosen, whether somebody listens there or not. */
  readonly taken?: readonly number[];
  /** From the last run; a name that is missing takes its place in the block. */
  readonly remembered: Readonly<Record<string, number>>;
  /** 0 = any free port. */
  readonly base: number;
}

/** Two stacks ask at about the same time at worst: then one of them fails with `port.busy` and may be started again. */
export async function planPorts({ host, names, taken: others = [], remembered, base }: PortWishes): Promise<PortPlan> {
  const taken = new Set<number>(others);
  const replaced: ReplacedPort[] = [];
  const choose = async (name: PortName): Promise<number> => {
    const wanted = base === 0 ? 0 : (remembered[name] ?? base + portOffset(name));
    for (let port = wanted; port !== 0 && port <= 65_535 && port < wanted + 10 * portBlockSize; port += portBlockSize) {
      if (!taken.has(port) && (await isFree(host, port))) {
        return port;
      }
    }
    return freePort(host, taken);
  };
  const ports: Record<PortName, number> = {};
  for (const name of names) {
    const got = await choose(name);
    const wanted = remembered[name] ?? base + portOffset(name);
    if (base !== 0 && got !== wanted) {
      replaced.push({ name, wanted, got });
    }
    taken.add(got);
    ports[name] = got;
  }
  return { ports, replaced };
}

/** The lowest block that no stack remembers. */
export function freeBase(rememberedByOthers: readonly number[]): number {
  for (let base = firstPortBase; base + portBlockSize <= 65_535; base += portBlockSize) {
    if (!rememberedByOthers.some((port) => port >= base && port < base + portBlockSize)) {
      return base;
    }
  }
  return firstPortBase;
}

export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function freePort(host: string, taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen({ host, port: 0 }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
    if (port !== 0 && !taken.has(port)) {
      return port;
    }
  }
}
