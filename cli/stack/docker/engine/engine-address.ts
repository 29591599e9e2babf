/**
 * Where a Docker engine is said to be, and how to talk to it.
 */
export interface EngineAddress {
  /** unix:///var/run/docker.sock, npipe:////./pipe/docker_engine, tcp://host:port, ssh://user@host */
  readonly url: string;
  /** Who says so: "DOCKER_HOST", "the Docker context colima", "Podman". */
  readonly origin: string;
  readonly tls: EngineTls | undefined;
}

export interface EngineTls {
  /** PEM. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly verify: boolean;
}

export type Endpoint =
  | { readonly kind: 'socket'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'ssh' };

/** Undefined when it is no address of a Docker engine. */
export function endpointOf({ url, tls }: Pick<EngineAddress, 'url' | 'tls'>): Endpoint | undefined {
  if (url.startsWith('unix://')) return { kind: 'socket', socketPath: url.slice('unix://'.length) };
  if (url.startsWith('npipe://')) return { kind: 'socket', socketPath: url.slice('npipe://'.length) };
  if (url.startsWith('ssh://')) return { kind: 'ssh' };
  const text = url.replace(/^tcp:/, 'http:');
  if (!URL.canParse(text)) return undefined;
  const parsed = new URL(text);
  if (!['http:', 'https:'].includes(parsed.protocol) || parsed.hostname === '') return undefined;
  const secure = tls !== undefined || parsed.protocol === 'https:';
  return {
    kind: 'tcp',
    host: parsed.hostname,
    port: parsed.port === '' ? (secure ? 2376 : 2375) : Number(parsed.port),
  };
}
