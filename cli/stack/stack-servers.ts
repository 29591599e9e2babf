/**
 * The servers of a stack, by where they are reached. Pure.
 */
import type { Ports } from './ports.ts';
import type { StackServer } from './stack-files.ts';

export function stackServers(host: string, ports: Ports, messagingServerIds: readonly string[]): StackServer[] {
  const http = (socket: string): string => `http://${host}:${ports[`${socket}.http`]}`;
  const grpc = (socket: string): string => `${host}:${ports[`${socket}.grpc`]}`;
  const one = (name: string): StackServer => ({
    name,
    serverId: name,
    httpAddress: http(name),
    grpcAddress: name === 'history' ? grpc(name) : null,
  });
  return [
    ...['profile', 'connect', 'configurator', 'history', 'materialize'].map(one),
    ...messagingServerIds.map((serverId) => ({
      name: 'messaging',
      serverId,
      httpAddress: http(`messaging.${serverId}`),
      grpcAddress: grpc(`messaging.${serverId}`),
    })),
  ];
}
