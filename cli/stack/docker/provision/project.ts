/**
 * What belongs to a stack on a Docker engine: names as Docker Compose gives them, and labels that tell whose
 * something is without any file of ours.
 */
import { createHash } from 'node:crypto';
import type { Service } from '../compose/compose-model.ts';
import type { ContainerSummary, Labels, NamedObject } from '../engine/docker-engine.ts';

export interface Project {
  readonly stack: string;
  /** Folder of all stacks of this user: another user may have a stack of the same name on this engine. */
  readonly home: string;
}

const labelNames = {
  stack: 'cecochat.stack',
  home: 'cecochat.home',
  part: 'cecochat.part',
  definition: 'cecochat.definition',
  ports: 'cecochat.ports',
} as const;

export const projectName = ({ stack }: Project): string => `cecochat-${stack}`;
export const containerName = (project: Project, part: string): string => `${projectName(project)}-${part}-1`;
export const networkName = (project: Project): string => `${projectName(project)}_default`;
export const volumeName = (project: Project, volume: string): string => `${projectName(project)}_${volume}`;

export function projectLabels({ stack, home }: Project): Labels {
  return { [labelNames.stack]: stack, [labelNames.home]: home };
}

export function containerLabels(project: Project, service: Service, ports: Readonly<Record<string, number>>): Labels {
  return {
    ...projectLabels(project),
    [labelNames.part]: service.name,
    [labelNames.definition]: definitionOf(service),
    [labelNames.ports]: JSON.stringify(ports),
  };
}

export function isOf({ stack, home }: Project, { labels }: NamedObject): boolean {
  return labels[labelNames.stack] === stack && labels[labelNames.home] === home;
}

export function partOf({ labels }: NamedObject): string {
  return labels[labelNames.part] ?? '';
}

/** Whether a container was made from exactly this service. */
export function isDefinedBy({ labels }: ContainerSummary, service: Service): boolean {
  return labels[labelNames.definition] === definitionOf(service);
}

/** The ports that were chosen for it, by variable of the compose file; also of one that does not run. */
export function portsOf({ labels }: NamedObject): Readonly<Record<string, number>> {
  try {
    const value: unknown = JSON.parse(labels[labelNames.ports] ?? '{}');
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])));
  } catch {
    // Not written by us: then nothing is remembered.
    return {};
  }
}

/** Who owns what has a name that we need: for a message. */
export function ownerOf({ labels }: NamedObject): string {
  const stack = labels[labelNames.stack];
  if (stack !== undefined) return `it belongs to the stack "${stack}" of ${labels[labelNames.home]}`;
  const compose = labels['com.docker.compose.project'];
  return compose === undefined ? 'cecochat did not make it' : `it belongs to the Docker Compose project "${compose}"`;
}

function definitionOf(service: Service): string {
  return createHash('sha256').update(JSON.stringify(service)).digest('hex').slice(0, 16);
}
