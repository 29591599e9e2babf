/**
 * A service of a compose file as the body of POST /containers/create.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
 */
import type { Mount, PublishedPort, Service } from '../compose/compose-model.ts';

export interface ContainerSpec {
  readonly name: string;
  readonly service: Service;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string;
  /** Names of volumes as the engine has them, by their names in the file. */
  readonly volumeName: (volume: string) => string;
}

const nanosecondsPerMs = 1_000_000;

export function createBody({ name, service, labels, network, volumeName }: ContainerSpec) {
  const { healthcheck, logging, stopGraceMs } = service;
  const target = ({ target: port, protocol }: PublishedPort): string => `${port}/${protocol}`;
  return {
    name,
    Image: service.image,
    Labels: { ...labels },
    Env: Object.entries(service.environment).map(([key, value]) => `${key}=${value}`),
    ExposedPorts: Object.fromEntries(service.ports.map((port) => [target(port), {}])),
    StopTimeout: Math.ceil(stopGraceMs / 1000),
    ...(service.command === undefined ? {} : { Cmd: [...service.command] }),
    ...(service.entrypoint === undefined ? {} : { Entrypoint: [...service.entrypoint] }),
    ...(service.user === undefined ? {} : { User: service.user }),
    ...(healthcheck === undefined
      ? {}
      : {
          Healthcheck: {
            Test: [...healthcheck.test],
            Interval: healthcheck.intervalMs * nanosecondsPerMs,
            Timeout: healthcheck.timeoutMs * nanosecondsPerMs,
            StartPeriod: healthcheck.startPeriodMs * nanosecondsPerMs,
            Retries: healthcheck.retries,
          },
        }),
    HostConfig: {
      Binds: service.mounts.map((mount) => bindOf(mount, volumeName)),
      NetworkMode: network,
      PortBindings: Object.fromEntries(
        service.ports.map((port) => [target(port), [{ HostIp: port.hostAddress, HostPort: String(port.published) }]]),
      ),
      RestartPolicy: { Name: service.restart },
      ReadonlyRootfs: service.readOnly,
      Tmpfs: Object.fromEntries(service.tmpfs.map((entry) => splitOnce(entry, ':'))),
      CapDrop: [...service.capDrop],
      SecurityOpt: [...service.securityOpt],
      Init: service.init,
      ...(service.memoryBytes === undefined ? {} : { Memory: service.memoryBytes }),
      ...(logging === undefined ? {} : { LogConfig: { Type: logging.driver, Config: { ...logging.options } } }),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [service.name] } } },
  };
}

function bindOf(mount: Mount, volumeName: ContainerSpec['volumeName']): string {
  const source = mount.kind === 'volume' ? volumeName(mount.volume) : mount.source;
  return `${source}:${mount.target}:${mount.readOnly ? 'ro' : 'rw'}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
