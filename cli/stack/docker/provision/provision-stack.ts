/**
 * Brings the containers of a stack up on a Docker engine, and takes them down again. Everything is found by labels;
 * no file of ours is needed for it.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import { messageFrom } from '../../../../services/core/thrown.ts';
import type { Clock } from '../../../../services/core/time/clock.ts';
import type { Environment } from '../../../commands/environment.ts';
import type { Service } from '../compose/compose-model.ts';
import type { ContainerSummary, DockerEngine } from '../engine/docker-engine.ts';
import type { AskEngine } from './ask-engine.ts';
import { planStack } from './plan-parts.ts';
import { isOf, partOf, portsOf, type Project } from './project.ts';
import type { Report } from '../../part-report.ts';
import type { ContainerServers } from '../../provision.ts';
import { reconcile } from './reconcile.ts';
import type { ServerImage } from '../image/server-image.ts';
import { isServer, portVariable, serversProfile, withMessaging } from '../servers/server-services.ts';
import { readStackCompose } from './stack-compose.ts';
import { profilesOfParts, type PublishedPorts } from './published-ports.ts';
import type { Ports } from '../../ports.ts';
import { choosePublishedPorts } from './stack-ports.ts';
import { UndoList } from './undo-list.ts';

export interface ProvisionRequest {
  readonly engine: DockerEngine;
  readonly project: Project;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly env: Environment['env'];
  readonly report: Report;
  readonly warn: (line: string) => void;
  /** From the stack's files, by variable; those of its containers are stronger. */
  readonly remembered: Readonly<Record<string, number>>;
  readonly reserved: ReadonlySet<number>;
  readonly portBase: number;
  /** Beside those of the containers that it has. */
  readonly profiles: readonly string[];
  /** The servers, where they too are containers. */
  readonly servers?: (ContainerServers & { readonly image: ServerImage }) | undefined;
  /** Do not undo what a failed run made. */
  readonly keep: boolean;
  /** Before anything is changed. */
  readonly onPlanned: (planned: Planned) => Promise<void>;
  readonly askEngine: AskEngine;
  readonly onStarted: (part: string) => void;
  readonly onHealthy: (part: string) => void;
}

export interface Planned {
  readonly ports: PublishedPorts;
  /** Whether an engine of the servers is to be made, started or made anew. */
  readonly isChange: boolean;
  /** Whether one is to be made, or made anew. */
  readonly isMade: boolean;
  /** Whether that is so for a server. */
  readonly isServerChange: boolean;
}

/** Resolves to what takes away what it made. When it rejects, nothing of that is left, unless `keep`. */
export async function provisionStack(request: ProvisionRequest): Promise<() => Promise<void>> {
  const { engine, project, signal, env, report, warn } = request;
  const undo = new UndoList(engine);
  try {
    const [containers, networks, volumes] = await Promise.all([
      engine.listContainers(),
      engine.listNetworks(),
      engine.listVolumes(),
    ]);
    const own = containers.filter((container) => isOf(project, container));
    const profiles = profilesOf(request.profiles, own);
    const { ports, warnings } = await choosePublishedPorts({
      env,
      profiles,
      remembered: Object.assign({}, request.remembered, ...own.map(portsOf)),
      held: new Set(own.flatMap((container) => container.ports.map(({ published }) => published))),
      reserved: request.reserved,
      base: request.portBase,
    });
    warnings.forEach(warn);
    const servers = await serversOf(request, own);
    const services = await readServices(request, { profiles, ports, servers });
    signal.throwIfAborted();
    const plan = planStack(project, services, {
      containers,
      networks,
      volumes,
      images: await imagesOf(engine, services),
    });
    for (const { service, action } of plan.parts) {
      report({ part: service.name, step: action === 'keep' ? 'keep' : 'wait', detail: '' });
    }
    const engines = plan.parts.filter(({ service }) => service.profiles.length === 0);
    await request.onPlanned({
      ports,
      isChange: engines.some(({ action }) => action !== 'keep'),
      isMade: engines.some(({ action }) => action === 'create' || action === 'recreate'),
      isServerChange:
        plan.surplus.length > 0 ||
        plan.parts.some(({ service, action }) => action !== 'keep' && isServer(service.name)),
    });
    const remembered = { ...ports, ...servers.ports };
    const ownImage = request.servers?.image;
    await reconcile({ ...request, plan, ports: remembered, ownImage, undo });
    return () => undo.run();
  } catch (error) {
    if (!request.keep) await undone(request, undo, error);
    throw error;
  }
}

interface ServerPorts {
  /** As the servers name them, and by variable of the compose file. */
  readonly named: Ports;
  readonly ports: Readonly<Record<string, number>>;
}

async function serversOf({ servers }: ProvisionRequest, own: readonly ContainerSummary[]): Promise<ServerPorts> {
  if (servers === undefined) return { named: {}, ports: {} };
  const held = own.filter((container) => isServer(partOf(container))).flatMap((container) => container.ports);
  const named = await servers.choosePorts(new Set(held.map(({ published }) => published)));
  const ports = Object.entries(named).map(([name, port]) => [portVariable(name), port] as const);
  return { named, ports: Object.fromEntries(ports) };
}

async function readServices(
  { servers }: ProvisionRequest,
  chosen: { readonly profiles: readonly string[]; readonly ports: PublishedPorts; readonly servers: ServerPorts },
): Promise<Service[]> {
  const ports = Object.entries({ ...chosen.ports, ...chosen.servers.ports });
  const variables = Object.fromEntries(ports.map(([name, port]) => [name, String(port)]));
  if (servers === undefined) {
    const { services } = await readStackCompose(variables);
    return services.filter((service) => isIn(service, chosen.profiles));
  }
  const own = { CECOCHAT_SERVERS_IMAGE: servers.image.reference, CECOCHAT_ADMIN_TOKEN: servers.adminToken };
  const { services } = await readStackCompose({ ...variables, ...own }, true);
  const wanted = services.filter((service) => isIn(service, [...chosen.profiles, serversProfile]));
  return withMessaging(wanted, servers.messagingServerIds, chosen.servers.named);
}

/** A profile stays with a stack as long as it has a container of it. */
function profilesOf(asked: readonly string[], own: readonly ContainerSummary[]): readonly string[] {
  return [...new Set([...asked, ...profilesOfParts(own.map(partOf))])];
}

function isIn({ profiles }: Service, chosen: readonly string[]): boolean {
  return profiles.length === 0 || profiles.some((profile) => chosen.includes(profile));
}

/** What could not be taken away is said, and does not hide why `up` failed. */
async function undone({ report, warn }: ProvisionRequest, undo: UndoList, error: unknown): Promise<void> {
  if (undo.isEmpty) return;
  report({ part: 'stack', step: 'undo', detail: 'removing what was made' });
  try {
    await undo.run();
  } catch (problem) {
    const isSame = problem instanceof CecochatError && error instanceof CecochatError && problem.code === error.code;
    const reason = messageFrom(problem);
    warn(`not everything that was made could be removed${isSame ? '' : ` (${reason})`}: "cecochat down" does it later`);
  }
}

async function imagesOf(engine: DockerEngine, services: readonly Service[]): Promise<ReadonlyMap<string, string>> {
  const references = [...new Set(services.map(({ image }) => image))];
  const found = await Promise.all(references.map((reference) => engine.inspectImage(reference)));
  return new Map(
    references.flatMap((reference, index) =>
      found[index] === undefined ? [] : [[reference, found[index].id] as const],
    ),
  );
}
