/**
 * What `up` was asked for and a stack that runs already does not do: said, with what does it.
 */
import { portOffset } from '../stack/ports.ts';
import type { StackServer } from '../stack/stack-files.ts';
import type { StartedStack } from '../stack/stack-life.ts';
import { nameArgument } from './stack-text.ts';

/** The warning; undefined: it was just started, or has the ports that it is to have. */
export function ignoredPortBase(
  { name, servers, alreadyRunning }: Pick<StartedStack, 'name' | 'servers' | 'alreadyRunning'>,
  portBase: number | undefined,
): string | undefined {
  // 0 asks for any free ports: it has some.
  if (!alreadyRunning || portBase === undefined || portBase === 0) return undefined;
  const sockets = servers.flatMap(socketsOf);
  if (sockets.every(({ socket, port }) => port === portBase + portOffset(socket))) return undefined;
  const ports = sockets.map(({ port }) => port);
  const argument = nameArgument(name);
  return `option --port-base ${portBase} is ignored: stack "${name}" runs already and keeps its ports, ${Math.min(...ports)} to ${Math.max(...ports)}; to move it: cecochat down${argument}, then cecochat up${argument} --port-base ${portBase}`;
}

function socketsOf({ name, serverId, httpAddress, grpcAddress }: StackServer): { socket: string; port: number }[] {
  const unit = name === 'messaging' ? `${name}.${serverId}` : name;
  const http = { socket: `${unit}.http`, port: portOf(httpAddress) };
  return grpcAddress === null ? [http] : [http, { socket: `${unit}.grpc`, port: portOf(`http://${grpcAddress}`) }];
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
