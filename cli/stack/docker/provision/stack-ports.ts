/**
 * The ports that a stack's containers publish: what it had last, else the usual port of each engine, else one of the
 * stack's block. A port that somebody names in the environment is taken as it is.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Environment } from '../../../commands/environment.ts';
import { portHolder } from '../../port-holder.ts';
import { isFree, portBlockSize } from '../../ports.ts';
import { publishedPorts, type PublishedPorts } from './published-ports.ts';

export interface PortRequest {
  readonly env: Environment['env'];
  /** By variable. */
  readonly remembered: Readonly<Record<string, number>>;
  /** Ports that our own running containers have now. */
  readonly held: ReadonlySet<number>;
  /** Ports of other stacks, which they may want back. */
  readonly reserved: ReadonlySet<number>;
  readonly base: number;
  readonly profiles: readonly string[];
}

export interface PortChoice {
  readonly ports: PublishedPorts;
  /** In words. */
  readonly warnings: readonly string[];
}

const host = '127.0.0.1';
/** From here on the system gives ports to connections. */
const lastPort = 32_767;

/** Error: usage.invalid or port.busy for a port from the environment. */
export async function choosePublishedPorts(request: PortRequest): Promise<PortChoice> {
  const ports: Record<string, number> = {};
  const warnings: string[] = [];
  const taken = new Set<number>();
  for (const { variable, part, usual, offset, profile } of publishedPorts) {
    if (profile !== undefined && !request.profiles.includes(profile)) continue;
    const asked = await askedFor(variable, request);
    const wanted = asked ?? request.remembered[variable] ?? usual;
    const port = asked ?? (await freePort([wanted, usual, request.base + offset], taken, request));
    if (port !== wanted && !request.reserved.has(wanted)) {
      const holder = await portHolder(wanted);
      warnings.push(`port ${wanted} is busy${holder === undefined ? '' : ` (${holder})`}: using ${port} for ${part}`);
    }
    taken.add(port);
    ports[variable] = port;
  }
  return { ports: ports as PublishedPorts, warnings };
}

async function askedFor(variable: string, { env, held }: PortRequest): Promise<number | undefined> {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    throw new CecochatError('usage.invalid', `${variable}: "${text}" is no port; it must be 1 to 65535`);
  }
  if (held.has(port) || (await isFree(host, port))) return port;
  const holder = await portHolder(port);
  throw new CecochatError(
    'port.busy',
    `port ${port} of ${variable} is taken${holder === undefined ? '' : ` by ${holder}`}`,
    {
      hint: `stop who has it, or unset ${variable}: then a free port is chosen`,
      data: { port: String(port) },
    },
  );
}

async function freePort(wanted: readonly number[], taken: ReadonlySet<number>, request: PortRequest): Promise<number> {
  const { held, reserved } = request;
  const isFit = async (port: number): Promise<boolean> =>
    !taken.has(port) && (held.has(port) || (!reserved.has(port) && (await isFree(host, port))));
  for (const port of wanted) if (await isFit(port)) return port;
  const last = wanted.at(-1) ?? 0;
  for (let port = last + portBlockSize; port <= lastPort; port += portBlockSize) if (await isFit(port)) return port;
  throw new CecochatError('port.busy', `no port is free from ${last} on in steps of ${portBlockSize}`);
}
