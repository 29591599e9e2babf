/**
 * What a compose file says, as far as `up` supports it: units resolved, variables filled in, defaults of the
 * compose specification applied.
 */
export interface ComposeModel {
  readonly services: readonly Service[];
  /** Names of the volumes, without the project's prefix. */
  readonly volumes: readonly string[];
}

export interface Service {
  readonly name: string;
  readonly image: string;
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly mounts: readonly Mount[];
  readonly healthcheck: HealthCheck | undefined;
  readonly memoryBytes: number | undefined;
  readonly dependsOn: Readonly<Record<string, 'service_started' | 'service_healthy'>>;
  /** Without any it always belongs to the stack. */
  readonly profiles: readonly string[];
  readonly restart: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  readonly user: string | undefined;
  readonly readOnly: boolean;
  readonly tmpfs: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  readonly stopGraceMs: number;
  readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> } | undefined;
  readonly init: boolean;
}

export interface PublishedPort {
  readonly hostAddress: string;
  readonly published: number;
  readonly target: number;
  readonly protocol: 'tcp' | 'udp';
}

export type Mount =
  | { readonly kind: 'volume'; readonly volume: string; readonly target: string; readonly readOnly: boolean }
  | BindMount;

export interface BindMount {
  readonly kind: 'bind';
  /** Absolute. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Hash of the file, once it was read: a container of another content is another container. */
  readonly content?: string;
}

export interface HealthCheck {
  /** As the engine takes it: CMD or CMD-SHELL, then the words. */
  readonly test: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
}
