/**
 * Finds the Docker engine of this machine: the first address in order of preference at which one answers. All are
 * asked at the same time, so that one that hangs does not add up.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Environment } from '../../../commands/environment.ts';
import type { EngineAddress } from './engine-address.ts';
import { engineCandidates } from './engine-candidates.ts';
import { pingEngine } from './ping-engine.ts';

export interface FoundEngine {
  readonly address: EngineAddress;
  /** "1.41" */
  readonly apiVersion: string;
}

export interface EngineSearch {
  readonly found: FoundEngine | undefined;
  /** What was asked and does not answer, with the reason; sockets that are not there only when they were named. */
  readonly silent: readonly { readonly address: EngineAddress; readonly reason: string }[];
  readonly faults: readonly string[];
  readonly isBinding: boolean;
}

type Asking = Pick<Environment, 'env' | 'signal'> & {
  /** From the command line. */
  readonly dockerHost?: string | undefined;
  /** Address of the engine that has the stack's containers already. */
  readonly remembered?: string | undefined;
};

export async function searchEngine({ env, signal, dockerHost, remembered }: Asking): Promise<EngineSearch> {
  const candidates = await engineCandidates({ env, dockerHost });
  const { isBinding, faults } = candidates;
  const addresses = isBinding ? candidates.addresses : withRemembered(candidates.addresses, remembered);
  // Each with a signal of its own: a dozen listeners on one count as a leak.
  const pongs = await Promise.all(addresses.map((address) => pingEngine(address, AbortSignal.any([signal]))));
  signal.throwIfAborted();
  let found: FoundEngine | undefined;
  const silent: { address: EngineAddress; reason: string }[] = [];
  addresses.forEach((address, index) => {
    const pong = pongs[index];
    if (pong === undefined) return;
    if (!pong.answers) {
      if (isBinding || pong.reason !== 'there is no such socket') silent.push({ address, reason: pong.reason });
    } else found ??= { address, apiVersion: pong.apiVersion };
  });
  return { found, silent, faults, isBinding };
}

function withRemembered(addresses: readonly EngineAddress[], url: string | undefined): readonly EngineAddress[] {
  if (url === undefined) return addresses;
  const known = addresses.find((address) => address.url === url);
  const first = known ?? { url, origin: 'used before', tls: undefined };
  return [first, ...addresses.filter((address) => address !== known)];
}

/** In half a sentence, for "since …". */
export function describeAbsence({ silent, faults }: EngineSearch): string {
  const [fault] = faults;
  if (fault !== undefined) return fault;
  const [first] = silent;
  return first === undefined
    ? 'no Docker engine answers'
    : `no Docker engine answers at ${first.address.url} (${first.address.origin}): ${first.reason}`;
}

/** For whoever asked for Docker. */
export function noEngine(search: EngineSearch): CecochatError {
  const hint = search.isBinding
    ? 'start it, or name another one with --docker-host; "cecochat up --backends embedded" needs none'
    : `${startCommand()}; "cecochat up --backends embedded" needs none`;
  return new CecochatError('engine.unavailable', `Docker cannot be used: ${describeAbsence(search)}`, { hint });
}

/** What starts an engine on this kind of machine. */
export function startCommand(): string {
  if (process.platform === 'darwin') return 'start Docker Desktop, or: colima start, orb start, podman machine start';
  if (process.platform === 'win32') return 'start Docker Desktop';
  return 'sudo systemctl start docker, or: systemctl --user start podman.socket';
}
