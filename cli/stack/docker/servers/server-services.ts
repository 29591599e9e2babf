/**
 * The servers of a stack as services of the compose files. Pure.
 */
import type { Service } from '../compose/compose-model.ts';
import type { PortName, Ports } from '../../ports.ts';
import { stopOrder } from '../../stop-order.ts';

export const serversProfile = 'servers';

/** Every messaging server is made like this one. */
const templateId = 's2';

const parts = ['profile', 'connect', 'configurator', 'history', 'materialize'];

/** Of a container. */
export function isServer(part: string): boolean {
  return parts.includes(part) || /^messaging-s\d+$/.test(part);
}

/** "messaging.s1.grpc" → CECOCHAT_PORT_MESSAGING_S1_GRPC */
export function portVariable(name: PortName): string {
  return `CECOCHAT_PORT_${name.toUpperCase().replaceAll(/[.-]/g, '_')}`;
}

/** Those that are not messaging servers, and messaging servers with these ids. */
export function withMessaging(
  services: readonly Service[],
  messagingServerIds: readonly string[],
  ports: Ports,
): Service[] {
  const others = services.filter(({ name }) => !name.startsWith('messaging-'));
  const model = services.find(({ name }) => name === `messaging-${templateId}`);
  if (model === undefined) return others;
  return [...others, ...messagingServerIds.map((id) => messagingService(model, id, ports))];
}

function messagingService(model: Service, id: string, ports: Ports): Service {
  const [http = 0, grpc = 0] = ['http', 'grpc'].map((kind) => ports[`messaging.${id}.${kind}`] ?? 0);
  const [first, second] = model.ports;
  return {
    ...model,
    name: `messaging-${id}`,
    ports: [
      ...(first === undefined ? [] : [{ ...first, published: http }]),
      ...(second === undefined ? [] : [{ ...second, published: grpc }]),
    ],
    environment: {
      ...model.environment,
      CECOCHAT_MESSAGING_SERVER_ID: id,
      CECOCHAT_MESSAGING_ADVERTISED_ADDRESS: `127.0.0.1:${grpc}`,
    },
  };
}

/** In the order in which parts are stopped: the servers in theirs, then the engines. */
export function stopGroups<T>(all: readonly T[], partOf: (one: T) => string): T[][] {
  const groups: T[][] = [...stopOrder, []].map(() => []);
  for (const one of all) {
    const kind = partOf(one).replace(/^messaging-.*/, 'messaging');
    const rank = stopOrder.findIndex((names) => names.includes(kind));
    // What is no server (-1) stands in the last one.
    groups.at(rank)?.push(one);
  }
  return groups.filter((group) => group.length > 0);
}
