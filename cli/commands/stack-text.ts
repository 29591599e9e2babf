/**
 * A stack for people: its servers as a table, and what to do next.
 */
import type { CommandOutput } from '../output/command-output.ts';
import { formatTable, type Cell } from '../output/table.ts';
import { isContainerWell, type StackContainer } from '../stack/docker/inspect-containers.ts';
import type { ServerHealth } from '../stack/health.ts';
import type { StackServer } from '../stack/stack-files.ts';

export function serverTable(output: CommandOutput, health: readonly ServerHealth[]): string {
  const { colours } = output;
  const header = ['server', 'state', 'http', 'grpc'].map((text): Cell => ({ text, paint: colours.dim }));
  const rows = health.map(({ server, state, reasons }): (string | Cell)[] => [
    serverTitle(server),
    {
      text: reasons.length === 0 ? state : `${state}: ${reasons.join('; ')}`,
      paint: state === 'ready' ? colours.green : colours.red,
    },
    server.httpAddress,
    server.grpcAddress ?? '',
  ]);
  return formatTable([header, ...rows]);
}

/** The engines as containers. */
export function containerTable(output: CommandOutput, containers: readonly StackContainer[]): string {
  const { colours } = output;
  const header = ['engine', 'state', 'address', 'image', 'container'].map((text): Cell => ({
    text,
    paint: colours.dim,
  }));
  const rows = containers.map((container): (string | Cell)[] => [
    container.part,
    {
      text: container.health === 'none' ? container.state : `${container.state}, ${container.health}`,
      paint: isContainerWell(container) ? colours.green : colours.red,
    },
    container.address ?? '',
    container.image,
    container.name,
  ]);
  return formatTable([header, ...rows]);
}

/** "messaging s1"; just "profile" where the id says no more. */
export function serverTitle({ name, serverId }: Pick<StackServer, 'name' | 'serverId'>): string {
  return serverId === name ? name : `${name} ${serverId}`;
}

/** " --name other", or nothing for the default stack. */
export function nameArgument(name: string): string {
  return name === 'default' ? '' : ` --name ${name}`;
}

/** For `--json`: plain and in a fixed order. */
export function healthData(health: readonly ServerHealth[]): object[] {
  return health.map(({ server, state, reasons }) => ({
    name: server.name,
    serverId: server.serverId,
    state,
    reasons,
    httpAddress: server.httpAddress,
    grpcAddress: server.grpcAddress,
  }));
}
