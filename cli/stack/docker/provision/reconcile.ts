/**
 * Makes a stack's containers what its compose files say: creates, recreates, starts and waits, each part as soon as
 * what it depends on allows. When one part fails, the others are given up and everything that was made is undone.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import type { Clock } from '../../../../services/core/time/clock.ts';
import type { Service } from '../compose/compose-model.ts';
import type { Report } from '../../part-report.ts';
import { EngineRefusal, type ContainerSummary, type DockerEngine } from '../engine/docker-engine.ts';
import type { ServerImage } from '../image/server-image.ts';
import { ensureBuilt, removeOthers } from '../image/ensure-built.ts';
import { checkServer } from '../../health.ts';
import { isServer } from '../servers/server-services.ts';
import type { AskEngine } from './ask-engine.ts';
import { ensureImage } from './ensure-image.ts';
import type { PartPlan, StackPlan } from './plan-parts.ts';
import { containerLabels, containerName, networkName, projectLabels, volumeName, type Project } from './project.ts';
import { UndoList } from './undo-list.ts';
import { waitHealthy } from './wait-healthy.ts';

/** Longer than a server takes to drain its calls. */
const surplusGraceMs = 12_000;

export interface ReconcileRequest {
  readonly engine: DockerEngine;
  readonly project: Project;
  /** Chosen ports by variable of the compose file, to be remembered on the containers. */
  readonly ports: Readonly<Record<string, number>>;
  readonly plan: StackPlan;
  readonly undo: UndoList;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** An image of our own, which is built where the engine does not have it. */
  readonly ownImage?: ServerImage | undefined;
  readonly askEngine: AskEngine;
  /** Called for each part once its container runs. */
  readonly onStarted: (part: string) => void;
  /** Called for each part once it is healthy. */
  readonly onHealthy: (part: string) => void;
}

/** Resolves when every part is healthy. The caller runs `undo` when it rejects. */
export async function reconcile(request: ReconcileRequest): Promise<void> {
  const { engine, project, plan, undo, signal } = request;
  const labels = projectLabels(project);
  const givenUp = new AbortController();
  const either = AbortSignal.any([signal, givenUp.signal]);
  const giveUp = (error: unknown): never => {
    givenUp.abort(error);
    throw error;
  };
  const base = Promise.all([
    ...plan.newVolumes.map(async (name) => {
      await engine.createVolume(name, labels);
      undo.volumeCreated(name);
    }),
    ...(plan.newNetwork === undefined
      ? []
      : [engine.createNetwork(plan.newNetwork, labels).then(() => undo.networkCreated(networkName(project)))]),
  ]).then(() => undefined);
  // It does not wait for what the servers wait for.
  const built = request.ownImage === undefined ? Promise.resolve() : ensureBuilt(request, request.ownImage, either);
  const started = new Map<string, Promise<void>>();
  const healthy = new Map<string, Promise<void>>();
  for (const part of inOrder(plan.parts)) {
    const { name, dependsOn } = part.service;
    const needs = Object.entries(dependsOn).map(([needed, condition]) =>
      condition === 'service_healthy' ? healthy.get(needed) : started.get(needed),
    );
    const image = part.service.image === request.ownImage?.reference ? [built] : [];
    const start = Promise.all([base, ...image, ...needs]).then(() => bringUp(request, part, either));
    started.set(name, start.then(() => request.onStarted(name)).catch(giveUp));
    healthy.set(name, start.then((running) => untilHealthy(request, running, either)).catch(giveUp));
  }
  await Promise.allSettled([base.catch(giveUp), built.catch(giveUp), ...started.values(), ...healthy.values()]);
  // The first failure, not the abort that it caused elsewhere.
  givenUp.signal.throwIfAborted();
  signal.throwIfAborted();
  await removeSurplus(request);
  const isMade = plan.parts.some(
    ({ service, action }) => isServer(service.name) && (action === 'create' || action === 'recreate'),
  );
  if (request.ownImage !== undefined && isMade) await removeOthers(request, request.ownImage);
}

async function removeSurplus({ engine, plan }: ReconcileRequest): Promise<void> {
  await Promise.all(
    plan.surplus.map(async ({ id }) => {
      await engine.stopContainer(id, surplusGraceMs);
      await engine.removeContainer(id);
    }),
  );
}

/** Those that others depend on come first. */
function inOrder(parts: readonly PartPlan[]): PartPlan[] {
  const ordered: PartPlan[] = [];
  const add = (part: PartPlan): void => {
    if (ordered.includes(part)) return;
    for (const needed of parts) if (needed.service.name in part.service.dependsOn) add(needed);
    ordered.push(part);
  };
  parts.forEach(add);
  return ordered;
}

interface RunningPart {
  readonly service: Service;
  readonly id: string;
  readonly isChanged: boolean;
  readonly restartsBefore: number;
}

async function bringUp(request: ReconcileRequest, part: PartPlan, signal: AbortSignal): Promise<RunningPart> {
  const { engine, clock, project, undo, report } = request;
  const { service, action, existing } = part;
  signal.throwIfAborted();
  if (existing !== undefined && action !== 'create' && action !== 'recreate') {
    return revive(request, part, existing);
  }
  await ensureImage({ engine, clock, signal, report, part: service.name, reference: service.image });
  signal.throwIfAborted();
  if (existing !== undefined) {
    report({
      part: service.name,
      step: 'create',
      detail: 'its definition or image changed: made anew, its volume stays',
    });
    await engine.stopContainer(existing.id, service.stopGraceMs);
    await engine.removeContainer(existing.id);
  } else {
    report({ part: service.name, step: 'create', detail: service.image });
  }
  const name = containerName(project, service.name);
  const id = await engine.createContainer({
    name,
    service,
    labels: containerLabels(project, service, request.ports),
    network: networkName(project),
    volumeName: (volume) => volumeName(project, volume),
  });
  undo.containerCreated(id);
  signal.throwIfAborted();
  report({ part: service.name, step: 'start', detail: name });
  await startContainer(engine, service, { id, name });
  report({ part: service.name, step: 'health', detail: name });
  return { service, id, isChanged: true, restartsBefore: 0 };
}

async function revive(
  { engine, undo, report }: ReconcileRequest,
  { service, action }: PartPlan,
  { id, name, state }: ContainerSummary,
): Promise<RunningPart> {
  const restartsBefore = (await engine.inspectContainer(id))?.restartCount ?? 0;
  if (action === 'keep') return { service, id, isChanged: false, restartsBefore };
  report({ part: service.name, step: 'start', detail: `${name} was ${action === 'restart' ? 'not healthy' : state}` });
  if (action === 'restart') await engine.stopContainer(id, service.stopGraceMs);
  else undo.containerStarted(id, service.stopGraceMs);
  await startContainer(engine, service, { id, name });
  report({ part: service.name, step: 'health', detail: name });
  // A start by hand sets the engine's count back.
  return { service, id, isChanged: true, restartsBefore: 0 };
}

async function startContainer(
  engine: DockerEngine,
  service: Service,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<void> {
  try {
    await engine.startContainer(id);
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error;
    const isPort = /port is already allocated|address already in use|ports are not available/i.test(error.message);
    const ports = service.ports.map(({ published }) => published).join(', ');
    throw new CecochatError(
      isPort ? 'port.busy' : 'stack.unhealthy',
      isPort ? `port ${ports} of ${service.name} is taken` : `container ${name} (${service.image}) does not start`,
      {
        cause: error,
        hint: isPort ? 'repeat the command: another port is chosen' : 'the reason above is the Docker engine’s own',
        data: { part: service.name, container: name, ...(isPort ? { port: ports } : {}) },
      },
    );
  }
}

function readyCheck({ name, ports: [http] }: Service): (signal: AbortSignal) => Promise<boolean> {
  const httpAddress = `http://127.0.0.1:${http?.published}`;
  return async (signal) =>
    (await checkServer({ name, serverId: name, httpAddress, grpcAddress: null }, signal)).state === 'ready';
}

async function untilHealthy(request: ReconcileRequest, running: RunningPart, signal: AbortSignal): Promise<void> {
  const { engine, clock, project, report, onHealthy } = request;
  const { service, id, isChanged, restartsBefore } = running;
  const name = containerName(project, service.name);
  const isReady = isServer(service.name) ? readyCheck(service) : undefined;
  const answers = request.askEngine(service);
  await waitHealthy({ engine, clock, signal, id, service, containerName: name, restartsBefore, isReady, answers });
  if (isChanged) report({ part: service.name, step: 'healthy', detail: '' });
  onHealthy(service.name);
}
