/**
 * All servers in this process. The one file of the CLI that loads all of them, so it is itself loaded only when it
 * is needed.
 */
import { startAll } from '../../../services/run.ts';
import type { Environment } from '../../commands/environment.ts';
import type { HostedServers, HostRequest } from '../process/stack-process.ts';

export function startServers({ clock, random, env }: Environment): (request: HostRequest) => Promise<HostedServers> {
  return async ({ folders, engines, gate, host, ports, messagingServerIds, secrets, logLevel, writeLog, signal }) => {
    const { adminToken, users } = secrets;
    const running = await startAll({
      dataFolder: folders.data,
      engines: [
        { origin: 'up', keyedBy: 'name', values: engines },
        { origin: 'environment', keyedBy: 'variable', values: env },
      ],
      gate,
      host,
      ports,
      messagingServerIds,
      adminToken,
      users,
      logLevel,
      writeLog,
      clock,
      random,
      signal,
    });
    return {
      servers: running.servers.map(({ name, serverId, httpAddress, grpcAddress }) => ({
        name,
        serverId,
        httpAddress,
        grpcAddress: grpcAddress ?? null,
      })),
      listening: () => Promise.resolve(),
      ready: (signal) => running.ready(signal),
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  };
}
