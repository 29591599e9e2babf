/**
 * Where a Docker engine may be, in the order in which they are preferred. What somebody named is binding: when that
 * one does not answer, no other takes its place. A mere habit (the current context, a known socket) is tried only.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../../commands/environment.ts';
import { currentContext, readContext, readTls } from './docker-context.ts';
import type { EngineAddress } from './engine-address.ts';

export interface EngineCandidates {
  readonly addresses: readonly EngineAddress[];
  /** Somebody named it, and it is the only one. */
  readonly isBinding: boolean;
  /** What was named and cannot be used, in words. */
  readonly faults: readonly string[];
}

type Asking = Pick<Environment, 'env'> & { readonly dockerHost: string | undefined };

export async function engineCandidates({ env, dockerHost }: Asking): Promise<EngineCandidates> {
  const home = env['HOME'] === undefined || env['HOME'] === '' ? homedir() : env['HOME'];
  const configFolder = given(env['DOCKER_CONFIG']) ?? join(home, '.docker');
  const named = given(dockerHost) ?? given(env['DOCKER_HOST']);
  if (named !== undefined) {
    const origin = given(dockerHost) === undefined ? 'DOCKER_HOST' : '--docker-host';
    return {
      addresses: [{ url: named, origin, tls: await environmentTls(env, configFolder) }],
      isBinding: true,
      faults: [],
    };
  }
  const context = given(env['DOCKER_CONTEXT']);
  if (context !== undefined && context !== 'default') {
    const found = await readContext(configFolder, context);
    const faults = found === undefined ? [`DOCKER_CONTEXT names "${context}", which is no Docker context here`] : [];
    return { addresses: found === undefined ? [] : [found], isBinding: true, faults };
  }
  const current = context === undefined ? await currentContext(configFolder) : undefined;
  const found = current === undefined || current === 'default' ? undefined : await readContext(configFolder, current);
  return {
    addresses: [...(found === undefined ? [] : [found]), ...knownAddresses(home, env)],
    isBinding: false,
    faults: [],
  };
}

function knownAddresses(home: string, env: Environment['env']): EngineAddress[] {
  const runtime = given(env['XDG_RUNTIME_DIR']);
  const config = given(env['XDG_CONFIG_HOME']) ?? join(home, '.config');
  const machine = join(home, '.local', 'share', 'containers', 'podman', 'machine');
  const sockets: (readonly [string, string])[] =
    process.platform === 'win32'
      ? [['the default pipe', 'npipe:////./pipe/docker_engine']]
      : [
          ['the default socket', 'unix:///var/run/docker.sock'],
          ...(runtime === undefined ? [] : ([['rootless Docker', `unix://${runtime}/docker.sock`]] as const)),
          ['Docker Desktop', `unix://${home}/.docker/run/docker.sock`],
          ['Docker Desktop', `unix://${home}/.docker/desktop/docker.sock`],
          ['Colima', `unix://${home}/.colima/default/docker.sock`],
          ['Colima', `unix://${config}/colima/default/docker.sock`],
          ['Rancher Desktop', `unix://${home}/.rd/docker.sock`],
          ['OrbStack', `unix://${home}/.orbstack/run/docker.sock`],
          ['Lima', `unix://${home}/.lima/docker/sock/docker.sock`],
          ...(runtime === undefined ? [] : ([['rootless Podman', `unix://${runtime}/podman/podman.sock`]] as const)),
          ['Podman machine', `unix://${machine}/podman.sock`],
          ['Podman machine', `unix://${machine}/qemu/podman.sock`],
          ['Podman', 'unix:///run/podman/podman.sock'],
        ];
  return sockets.map(([origin, url]) => ({ origin, url, tls: undefined }));
}

/** As the docker command does: TLS when DOCKER_TLS_VERIFY or DOCKER_CERT_PATH is set. */
async function environmentTls(env: Environment['env'], configFolder: string): Promise<EngineAddress['tls']> {
  const verify = given(env['DOCKER_TLS_VERIFY']) !== undefined;
  const folder = given(env['DOCKER_CERT_PATH']);
  if (!verify && folder === undefined) return undefined;
  return (await readTls(folder ?? configFolder, verify)) ?? { ca: undefined, cert: undefined, key: undefined, verify };
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
