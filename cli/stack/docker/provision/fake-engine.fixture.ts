/**
 * A Docker engine in memory for tests of the provisioner: it shows what it has and does, and can be told to fail.
 */
import { EngineRefusal, type ContainerSummary, type DockerEngine, type NamedObject } from '../engine/docker-engine.ts';

export interface FakeContainer extends ContainerSummary {
  state: string;
  health: ContainerSummary['health'];
  exitCode: number;
  output: string[];
}

export interface FakeEngine extends DockerEngine {
  readonly containers: Map<string, FakeContainer>;
  readonly networks: Map<string, NamedObject>;
  readonly volumes: Map<string, NamedObject>;
  /** Reference → id. */
  readonly images: Map<string, string>;
  /** "create kafka", "start kafka" ... in the order in which they were done. */
  readonly done: string[];
  /** Called before each of these; may throw, or change what is there. */
  before: (what: string) => void | Promise<void>;
}

export function createFakeEngine(images: readonly string[]): FakeEngine {
  let count = 0;
  const fake: FakeEngine = {
    containers: new Map(),
    networks: new Map(),
    volumes: new Map(),
    images: new Map(images.map((image) => [image, `sha256:${image}`])),
    done: [],
    before: () => undefined,
    listContainers: () => Promise.resolve([...fake.containers.values()]),
    inspectContainer: (id) => {
      const found = fake.containers.get(id);
      if (found === undefined) return Promise.resolve(undefined);
      const { state, health, exitCode } = found;
      return Promise.resolve({ state, health, exitCode, outOfMemory: false, restartCount: 0, lastCheck: '' });
    },
    createContainer: async ({ name, service, labels }) => {
      await act(`create ${service.name}`);
      const id = `c${(count += 1)}`;
      const { image } = service;
      const ports = service.ports.map(({ published, target }) => ({ published, target }));
      const imageId = fake.images.get(image) ?? '';
      const made = { id, name, labels, image, imageId, ports, state: 'created', health: 'none', exitCode: 0 } as const;
      fake.containers.set(id, { ...made, output: [] });
      return id;
    },
    startContainer: async (id) => {
      await act(`start ${partOf(id)}`);
      change(id, { state: 'running', health: 'starting' });
      await fake.before(`run ${partOf(id)}`);
    },
    stopContainer: async (id) => {
      await act(`stop ${partOf(id)}`);
      if (fake.containers.get(id)?.state === 'running') change(id, { state: 'exited', health: 'none' });
    },
    removeContainer: async (id) => {
      await act(`remove ${partOf(id)}`);
      fake.containers.delete(id);
    },
    execute: (id) => Promise.resolve(fake.containers.get(id)?.health === 'unhealthy' ? 1 : 0),
    lastLines: (id, lines) => Promise.resolve(fake.containers.get(id)?.output.slice(-lines) ?? []),
    timedLines: (id, lines) => fake.lastLines(id, lines),
    async *followLines() {
      yield* [];
    },
    listNetworks: () => Promise.resolve([...fake.networks.values()]),
    createNetwork: async (name, labels) => {
      await act('create network');
      fake.networks.set(name, { name, labels });
    },
    removeNetwork: async (name) => {
      await act('remove network');
      fake.networks.delete(name);
    },
    listVolumes: () => Promise.resolve([...fake.volumes.values()]),
    createVolume: async (name, labels) => {
      await act(`create volume ${name}`);
      fake.volumes.set(name, { name, labels });
    },
    removeVolume: async (name) => {
      await act(`remove volume ${name}`);
      fake.volumes.delete(name);
    },
    volumeSizes: () => Promise.resolve(new Map()),
    inspectImage: (reference) => {
      const id = fake.images.get(reference);
      return Promise.resolve(id === undefined ? undefined : { id, platform: 'linux/amd64' });
    },
    buildImage: async ({ reference, context }) => {
      await act(`build ${reference}`);
      context.destroy();
      fake.images.set(reference, `sha256:${reference}`);
    },
    listImages: (repository) =>
      Promise.resolve([...fake.images.keys()].filter((image) => image.startsWith(`${repository}:`))),
    removeImage: async (reference) => {
      await act(`remove image ${reference}`);
      fake.images.delete(reference);
    },
    platform: () => Promise.resolve('linux/amd64'),
    pullImage: async (reference, { onProgress }) => {
      await act(`pull ${reference}`);
      onProgress({ doneBytes: 512, totalBytes: 1024, percent: 50, isRetry: false });
      if (reference.includes('absent')) throw new EngineRefusal(500, 'no route to the registry');
      fake.images.set(reference, `sha256:${reference}`);
    },
  };
  const act = async (what: string): Promise<void> => {
    await fake.before(what);
    fake.done.push(what);
  };
  const partOf = (id: string): string => fake.containers.get(id)?.labels['cecochat.part'] ?? id;
  const change = (id: string, state: Partial<FakeContainer>): void => {
    const found = fake.containers.get(id);
    if (found !== undefined) Object.assign(found, state);
  };
  return fake;
}
