/**
 * A stack's engines as containers, for `up`: provisions them, makes topic and schema as soon as each engine is
 * healthy, and says where the servers find them. Loaded only when a stack is on Docker.
 */
import type { Invocation } from '../../commands/command.ts';
import type { DockerChoice } from '../engine-choice.ts';
import { homeFolder } from '../folders.ts';
import { portBaseFor } from '../port-base.ts';
import type { StackEngines } from '../stack-files.ts';
import { connectEngine } from './engine/dockerode-engine.ts';
import type { ProvisionReport } from './provision/provision-report.ts';
import { provisionStack } from './provision/provision-stack.ts';
import type { PublishedPorts } from './provision/stack-ports.ts';
import { otherStacksPorts } from './other-stacks-ports.ts';

export interface DockerStackRequest {
  readonly name: string;
  readonly docker: DockerChoice;
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

export interface ProvisionedEngines {
  readonly engines: StackEngines;
  /** Whether anything was made, started or made anew. */
  readonly isChanged: boolean;
  /** Takes away what this run made. */
  readonly undo: () => Promise<void>;
}

export async function provisionDocker(
  invocation: Invocation,
  { name, docker, keep, signal }: DockerStackRequest,
): Promise<ProvisionedEngines> {
  const { environment, output } = invocation;
  const { clock, env } = environment;
  const { found, before } = docker;
  const beganMs = clock.monotonicMs();
  const report = (one: Omit<ProvisionReport, 'atMs'>): void => {
    const atMs = Math.round(clock.monotonicMs() - beganMs);
    output.progress(reportLine({ ...one, atMs }));
    void output.event({ event: 'provision', data: { ...one, atMs } });
  };
  const { ports, isChanged, undo } = await provisionStack({
    engine: connectEngine(found.address),
    project: { stack: name, home: homeFolder(environment) },
    clock,
    signal,
    env,
    report,
    warn: (line) => output.warn(line),
    remembered: before?.ports ?? {},
    reserved: await otherStacksPorts(environment, name),
    portBase: await portBaseFor(environment, name),
    keep,
    onHealthy: async (part, chosen) => {
      const what = prepared[part];
      if (what === undefined) return;
      const { prepare } = await import('../servers/prepare.ts');
      await prepare(environment, part, settingsOf(chosen));
      report({ part, step: 'prepare', detail: what });
    },
  });
  const engines: StackEngines = {
    formatVersion: 1,
    settings: settingsOf(ports),
    docker: { engine: found.address.url, ports },
  };
  return { engines, isChanged, undo };
}

const prepared: Readonly<Record<string, string>> = {
  kafka: 'topic',
  cassandra: 'schema',
  redis: 'configuration database',
};

/** What the servers are told, as with --backends external. */
function settingsOf(ports: PublishedPorts): Record<string, string> {
  return {
    backend: 'external',
    kafka: `127.0.0.1:${ports.CECOCHAT_KAFKA_PORT}`,
    cassandra: `127.0.0.1:${ports.CECOCHAT_CASSANDRA_PORT}`,
    redis: `redis://127.0.0.1:${ports.CECOCHAT_REDIS_PORT}`,
  };
}

function reportLine({ part, step, detail, atMs }: ProvisionReport): string {
  return `${(atMs / 1000).toFixed(1).padStart(6)} s  ${part.padEnd(10)} ${step.padEnd(8)} ${detail}`.trimEnd();
}
