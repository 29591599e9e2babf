/**
 * A stack's engines as containers, for `up`: provisions them and says where the servers find them. Loaded only when a
 * stack is on Docker.
 */
import type { Invocation } from '../../commands/command.ts';
import type { DockerChoice } from '../engine-choice.ts';
import { homeFolder } from '../folders.ts';
import { portBaseFor } from '../port-base.ts';
import type { Provision } from '../provision.ts';
import type { Report } from '../part-report.ts';
import type { StackEngines } from '../stack-files.ts';
import { connectEngine } from './engine/dockerode-engine.ts';
import { otherStacksPorts } from './other-stacks-ports.ts';
import { readServerImage } from './image/server-image.ts';
import { askEngine } from './provision/ask-engine.ts';
import { provisionStack } from './provision/provision-stack.ts';
import type { PublishedPorts } from './provision/published-ports.ts';

export interface DockerStackRequest {
  readonly name: string;
  readonly docker: DockerChoice;
  readonly keep: boolean;
  readonly profiles: readonly string[];
  readonly report: Report;
}

export function provisionDocker(
  invocation: Invocation,
  { name, docker, keep, profiles, report }: DockerStackRequest,
): Provision {
  const { environment, output } = invocation;
  const { clock, env } = environment;
  const { found, before } = docker;
  return {
    run: async ({ signal, onPlanned, onStarted = () => undefined, onUp, servers }) => {
      const [reserved, portBase, own] = await Promise.all([
        otherStacksPorts(environment, name),
        portBaseFor(environment, name),
        servers === undefined ? undefined : readServerImage().then((image) => ({ ...servers, image })),
      ]);
      return provisionStack({
        servers: own,
        engine: connectEngine(found.address),
        project: { stack: name, home: homeFolder(environment) },
        clock,
        signal,
        env,
        report,
        warn: (line) => output.warn(line),
        remembered: before?.ports ?? {},
        reserved,
        portBase,
        profiles,
        keep,
        onPlanned: ({ ports, ...changes }) =>
          onPlanned({ engines: enginesAt(found.address.url, ports, servers !== undefined), ...changes }),
        askEngine,
        onStarted,
        onHealthy: onUp,
      });
    },
  };
}

/** What servers on this machine are told, as with --backends external. */
function enginesAt(engine: string, ports: PublishedPorts, hasServers: boolean): StackEngines {
  const settings = {
    backend: 'external',
    kafka: `127.0.0.1:${ports.CECOCHAT_KAFKA_PORT}`,
    cassandra: `127.0.0.1:${ports.CECOCHAT_CASSANDRA_PORT}`,
    redis: `redis://127.0.0.1:${ports.CECOCHAT_REDIS_PORT}`,
  };
  return { formatVersion: 1, settings, docker: { engine, ports, ...(hasServers ? { servers: 'containers' } : {}) } };
}
