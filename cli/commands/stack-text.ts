/**
 * A stack for people: its servers as a table, and what to do next.
 */
import type { CommandOutput } from '../output/command-output.ts';
import { formatTable, type Cell } from '../output/table.ts';
import { isContainerWell, type StackContainer } from '../stack/docker/inspect-containers.ts';
import type { ServerHealth } from '../stack/health.ts';
import type { ServerProcess, StackServer, StackState } from '../stack/stack-files.ts';

/** With processes: those of the servers, where each has its own. */
export function serverTable(
  output: CommandOutput,
  health: readonly ServerHealth[],
  processes: readonly ServerProcess[] = [],
): string {
  const { colours } = output;
  const columns = ['server', 'state', 'http', 'grpc', ...(processes.length === 0 ? [] : ['pid', 'restarts'])];
  const header = columns.map((text): Cell => ({ text, paint: colours.dim }));
  const rows = health.map(({ server, state, reasons }): (string | Cell)[] => [
    serverTitle(server),
    {
      text: reasons.length === 0 ? state : `${state}: ${reasons.join('; ')}`,
      paint: state === 'ready' ? colours.green : colours.red,
    },
    server.httpAddress,
    server.grpcAddress ?? '',
    ...processCells(processes.find(({ serverId }) => serverId === server.serverId)),
  ]);
  return formatTable([header, ...rows]);
}

function processCells(found: ServerProcess | undefined): string[] {
  return found === undefined ? [] : [String(found.pid ?? '-'), String(found.restarts)];
}

/** The parts that are containers. */
export function containerTable(output: CommandOutput, containers: readonly StackContainer[]): string {
  const { colours } = output;
  const header = ['part', 'state', 'address', 'image', 'container'].map((text): Cell => ({
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
export function healthData(health: readonly ServerHealth[], stack: StackState | undefined): object[] {
  return health.map(({ server, state, reasons }) => ({
    ...processData(server, stack),
    name: server.name,
    serverId: server.serverId,
    state,
    reasons,
    httpAddress: server.httpAddress,
    grpcAddress: server.grpcAddress,
  }));
}

/** Servers that share a process are not restarted by themselves. */
function processData({ serverId }: StackServer, stack: StackState | undefined): object {
  const found = stack?.processes.find((one) => one.serverId === serverId);
  return found === undefined
    ? { pid: stack?.hosting === undefined ? (stack?.pid ?? null) : null, restarts: 0, lastEnd: null }
    : { pid: found.pid, restarts: found.restarts, lastEnd: found.lastEnd };
}
