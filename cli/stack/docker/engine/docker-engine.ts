/**
 * What the provisioner asks of a Docker engine. One implementation talks to a real one (dockerode-engine.ts).
 * Every call rejects with engine.unavailable when the engine does not answer, and otherwise with an EngineRefusal.
 */
import type { Readable } from 'node:stream';
import type { PullProgress } from '../../part-report.ts';
import type { ContainerSpec } from './container-spec.ts';

export interface DockerEngine {
  /** Of every container there is, running or not. */
  listContainers(): Promise<ContainerSummary[]>;
  inspectContainer(id: string): Promise<ContainerDetails | undefined>;
  createContainer(spec: ContainerSpec): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** One that does not run is fine. After `graceMs` it is killed. */
  stopContainer(id: string, graceMs: number): Promise<void>;
  /** Kills it when it runs; its anonymous volumes go with it. One that is gone is fine. */
  removeContainer(id: string): Promise<void>;
  /** Runs a command inside; its exit code. */
  execute(id: string, command: readonly string[], signal: AbortSignal): Promise<number>;
  /** The last lines of its output, oldest first. */
  lastLines(id: string, count: number): Promise<string[]>;
  /** The same with the time before each: RFC 3339 in UTC with nanoseconds, and a space. */
  timedLines(id: string, count: number): Promise<string[]>;
  /** Those that are printed later than the one of that time. Ends with the container. */
  followLines(id: string, options: { readonly after: string; readonly signal: AbortSignal }): AsyncIterable<string>;
  listNetworks(): Promise<NamedObject[]>;
  createNetwork(name: string, labels: Labels): Promise<void>;
  removeNetwork(name: string): Promise<void>;
  listVolumes(): Promise<NamedObject[]>;
  createVolume(name: string, labels: Labels): Promise<void>;
  removeVolume(name: string): Promise<void>;
  /** By name, of the volumes whose size can be known. */
  volumeSizes(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, VolumeBytes>>;
  /** Undefined when the engine does not have it. */
  inspectImage(reference: string): Promise<ImageDetails | undefined>;
  pullImage(reference: string, pull: PullRequest): Promise<void>;
  buildImage(build: BuildRequest): Promise<void>;
  /** References of the images of a repository. */
  listImages(repository: string): Promise<string[]>;
  /** One that a container uses, or that is gone, is fine and stays so. */
  removeImage(reference: string): Promise<void>;
  /** Of the engine itself: "linux/amd64". */
  platform(): Promise<string>;
}

export interface VolumeBytes {
  readonly bytes: number;
  /** It may be less: the lengths of the files, which need not be filled. */
  readonly isMost: boolean;
}

export type Labels = Readonly<Record<string, string>>;

export interface NamedObject {
  readonly name: string;
  readonly labels: Labels;
}

export interface ContainerSummary extends NamedObject {
  readonly id: string;
  /** created, running, paused, restarting, removing, exited or dead */
  readonly state: string;
  /** Reference that it was made from, and the image's id. */
  readonly image: string;
  readonly imageId: string;
  readonly health: Health;
  readonly ports: readonly { readonly published: number; readonly target: number }[];
}

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface ContainerDetails {
  readonly state: string;
  readonly health: Health;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly restartCount: number;
  /** What its last failing health check printed. */
  readonly lastCheck: string;
}

export interface ImageDetails {
  readonly id: string;
  /** "linux/amd64" */
  readonly platform: string;
}

export interface PullRequest {
  readonly signal: AbortSignal;
  /** At each word of the engine. `isRetry`: a layer failed, and is tried again in some seconds. */
  readonly onProgress: (progress: PullProgress & { readonly isRetry: boolean }) => void;
}

export interface BuildRequest {
  readonly reference: string;
  /** A tar archive with the Dockerfile. */
  readonly context: Readable;
  readonly labels: Labels;
  readonly signal: AbortSignal;
}

/** The engine's own refusal: its HTTP status and its words. */
export class EngineRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineRefusal';
    this.status = status;
  }
}
