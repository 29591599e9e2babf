/**
 * Chooses the ports of a stack: what it had last, else a block of its own from the base; a busy port is
 * replaced by a free one, and that is said.
 */
import { createServer } from 'node:net';

/** One listening socket of the embedded stack and its place in the stack's block of ports. */
export const stackPortOffsets = {
  'profile.http': 0,
  'connect.http': 1,
  'configurator.http': 2,
  'history.http': 3,
  'materialize.http': 4,
  'messaging.s1.http': 5,
  'messaging.s2.http': 6,
  'history.grpc': 10,
  'messaging.s1.grpc': 11,
  'messaging.s2.grpc': 12,
} as const;

export type PortName = keyof typeof stackPortOffsets;
export const portNames = Object.keys(stackPortOffsets).filter((name): name is PortName =>
  Object.hasOwn(stackPortOffsets, name),
);

export const firstPortBase = 7100;
export const portBlockSize = 100;

export interface PortPlan {
  readonly ports: Readonly<Record<PortName, number>>;
  readonly replaced: readonly { readonly name: PortName; readonly wanted: number; readonly got: number }[];
}

export interface PortWishes {
  readonly host: string;
  /** From the last run; a name that is missing takes its place in the block. */
  readonly remembered: Readonly<Record<string, number>>;
  /** 0 = any free port. */
  readonly base: number;
}

/** Two stacks ask at about the same time at worst: then one of them fails with `port.busy` and may be started again. */
export async function planPorts({ host, remembered, base }: PortWishes): Promise<PortPlan> {
  const taken = new Set<number>();
  const replaced: { name: PortName; wanted: number; got: number }[] = [];
  const choose = async (name: PortName): Promise<number> => {
    const wanted = base === 0 ? 0 : (remembered[name] ?? base + stackPortOffsets[name]);
    for (let port = wanted; port !== 0 && port <= 65_535 && port < wanted + 10 * portBlockSize; port += portBlockSize) {
      if (!taken.has(port) && (await isFree(host, port))) {
        return port;
      }
    }
    return freePort(host, taken);
  };
  const ports = {} as Record<PortName, number>;
  for (const name of portNames) {
    const got = await choose(name);
    const wanted = remembered[name] ?? base + stackPortOffsets[name];
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
