/**
 * A Docker engine through dockerode: the one file that loads it, so it is itself loaded only when it is needed.
 * Calls that change something take no signal: half a call leaves what nobody knows of.
 */
import { Agent } from 'node:https';
import Docker from 'dockerode';
import { CecochatError } from '../../../../services/core/errors.ts';
import { buildWith } from './build-image.ts';
import { createBody } from './container-spec.ts';
import {
  EngineRefusal,
  type ContainerDetails,
  type ContainerSummary,
  type DockerEngine,
  type Health,
} from './docker-engine.ts';
import { endpointOf, type EngineAddress } from './engine-address.ts';
import { pullWith } from './pull-image.ts';
import { volumeSizes } from './volume-sizes.ts';
import { openTimedLines, readLines, readLastLines, readTimedLines } from './container-output.ts';

export function connectEngine(address: EngineAddress): DockerEngine {
  const docker = new Docker(dockerOptions(address));
  const call = <T>(work: () => Promise<T>): Promise<T> => calling(address, work);
  const orGone = <T>(work: () => Promise<T>): Promise<T | undefined> =>
    call(work).catch((error: unknown) => unless(error, [404]));
  return {
    listContainers: () => call(async () => (await docker.listContainers({ all: true })).map(summaryOf)),
    inspectContainer: (id) => orGone(async () => detailsOf(await docker.getContainer(id).inspect())),
    createContainer: (spec) => call(async () => (await docker.createContainer(createBody(spec))).id),
    startContainer: async (id) => {
      // It runs already: 304.
      await call(() => docker.getContainer(id).start()).catch((error) => unless(error, [304]));
    },
    stopContainer: async (id, graceMs) => {
      const t = Math.ceil(graceMs / 1000);
      await call(() => docker.getContainer(id).stop({ t })).catch((error) => unless(error, [304, 404]));
    },
    removeContainer: async (id) => {
      // Somebody else may be removing it: 409.
      await call(() => docker.getContainer(id).remove({ force: true, v: true })).catch((error) =>
        unless(error, [404, 409]),
      );
    },
    execute: (id, command, signal) => call(() => execute(docker.getContainer(id), command, signal)),
    lastLines: (id, count) => call(() => readLastLines(docker.getContainer(id), count)),
    timedLines: (id, count) => call(() => readTimedLines(docker.getContainer(id), count)),
    followLines: async function* (id, options) {
      const stream = await call(() => openTimedLines(docker.getContainer(id), options));
      yield* readLines(docker, stream, options);
    },
    listNetworks: () =>
      call(async () => (await docker.listNetworks()).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }))),
    createNetwork: (name, labels) =>
      call(async () => void (await docker.createNetwork({ Name: name, Labels: { ...labels }, CheckDuplicate: true }))),
    removeNetwork: async (name) => {
      await orGone(() => docker.getNetwork(name).remove());
    },
    listVolumes: () =>
      call(async () =>
        ((await docker.listVolumes()).Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} })),
      ),
    createVolume: (name, labels) =>
      call(async () => void (await docker.createVolume({ Name: name, Labels: { ...labels } }))),
    removeVolume: async (name) => {
      await orGone(() => docker.getVolume(name).remove());
    },
    volumeSizes: (names, signal) => call(() => volumeSizes(docker, names, signal)),
    inspectImage: (reference) =>
      orGone(async () => {
        const { Id, Os, Architecture } = await docker.getImage(reference).inspect();
        return { id: Id, platform: `${Os}/${Architecture}` };
      }),
    buildImage: (build) => call(() => buildWith(docker, build)),
    listImages: (repository) =>
      call(async () => {
        const found = await docker.listImages({ filters: { reference: [repository] } });
        return found.flatMap(({ RepoTags }) => RepoTags ?? []);
      }),
    removeImage: async (reference) => {
      await call(() => docker.getImage(reference).remove()).catch((error) => unless(error, [404, 409]));
    },
    platform: () =>
      call(async () => {
        const { Os, Arch } = await docker.version();
        return `${Os}/${Arch}`;
      }),
    pullImage: (reference, pull) => call(() => pullWith(docker, reference, pull)),
  };
}

function dockerOptions(address: EngineAddress): Docker.DockerOptions & { readonly agent?: Agent } {
  const endpoint = endpointOf(address);
  // What is left undefined here, docker-modem would take from process.env.
  const nothing = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  if (endpoint?.kind === 'socket') return { ...nothing, socketPath: endpoint.socketPath, protocol: 'http' };
  if (endpoint?.kind !== 'tcp') {
    throw new CecochatError('usage.invalid', `"${address.url}" (${address.origin}) is no address of a Docker engine`);
  }
  const at = { ...nothing, host: endpoint.host, port: endpoint.port };
  if (address.tls === undefined) return { ...at, protocol: 'http' };
  const { ca, cert, key, verify } = address.tls;
  return { ...at, protocol: 'https', agent: new Agent({ ca, cert, key, rejectUnauthorized: verify }) };
}

async function calling<T>(address: EngineAddress, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof CecochatError || error.name === 'AbortError') throw error;
    const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
    if (status !== undefined) throw new EngineRefusal(status, wordsOf(error));
    if (!('code' in error)) throw error;
    throw new CecochatError('engine.unavailable', `the Docker engine at ${address.url} does not answer any more`, {
      cause: error,
      hint: 'start it again, then repeat the command',
      data: { engine: address.url },
    });
  }
}

/** The engine's message alone: docker-modem puts "(HTTP code 500) server error - " before it. */
function wordsOf(error: Error): string {
  const json: unknown = 'json' in error ? error.json : undefined;
  const message: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'message') : undefined;
  return typeof message === 'string' ? message : error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

function unless(error: unknown, fine: readonly number[]): undefined {
  if (error instanceof EngineRefusal && fine.includes(error.status)) return undefined;
  throw error;
}

function summaryOf(info: Docker.ContainerInfo): ContainerSummary {
  return {
    id: info.Id,
    name: (info.Names[0] ?? '').replace(/^\//, ''),
    labels: info.Labels,
    state: info.State,
    image: info.Image,
    imageId: info.ImageID,
    health: healthOf(/\(health: starting\)|\((un)?healthy\)/.exec(info.Status)?.[0] ?? ''),
    ports: info.Ports.flatMap(({ PublicPort, PrivatePort }) =>
      PublicPort === undefined ? [] : [{ published: PublicPort, target: PrivatePort }],
    ),
  };
}

function detailsOf({ State, RestartCount }: Docker.ContainerInspectInfo & { RestartCount?: number }): ContainerDetails {
  const log = State.Health?.Log ?? [];
  return {
    state: State.Status,
    health: healthOf(State.Health?.Status ?? ''),
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    restartCount: RestartCount ?? 0,
    lastCheck: log.at(-1)?.Output.trim() ?? '',
  };
}

function healthOf(text: string): Health {
  if (text.includes('unhealthy')) return 'unhealthy';
  if (text.includes('starting')) return 'starting';
  return text.includes('healthy') ? 'healthy' : 'none';
}

async function execute(container: Docker.Container, command: readonly string[], signal: AbortSignal): Promise<number> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ abortSignal: signal });
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => void stream.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    stream
      .resume()
      .once('error', reject)
      .once('close', () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
  });
  signal.throwIfAborted();
  return (await exec.inspect()).ExitCode ?? -1;
}
