/**
 * Starts the servers' process of a stack, and ends one that is no good any more.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Invocation } from '../commands/command.ts';
import type { StackInspection } from './inspect-stack.ts';
import { portHolder } from './port-holder.ts';
import { launchStack, type LaunchRequest } from './process/launch-stack.ts';
import { endStackProcess } from './process/end-stack-process.ts';
import type { ServerReports } from './server-reports.ts';

export interface LaunchServers extends Pick<
  LaunchRequest,
  'name' | 'folders' | 'portBase' | 'timeoutMs' | 'keep' | 'enginesUp'
> {
  readonly reports: ServerReports;
}

const launchAttempts = 3;
const stopLimitMs = 10_000;
const leftLimitMs = 1_000;

/**
 * A port that was free may be taken before it is listened on, by a stack that starts beside this one: then
 * ports are chosen anew.
 */
export async function launchServers(invocation: Invocation, request: LaunchServers): Promise<void> {
  const { environment, output } = invocation;
  for (let attempt = 1; ; attempt += 1) {
    const replaced: ReplacedPort[] = [];
    try {
      await launchStack({
        ...request,
        environment,
        onStop: () => {
          if (environment.signal.aborted) output.progress('stopping what was started (Ctrl-C once more: do not wait)');
        },
        onKill: (pid, limitMs) => output.warn(`process ${pid} did not stop within ${limitMs} ms: killing it`),
        onMessage: (message) => {
          if (message.kind === 'port-replaced') {
            replaced.push(message);
          } else request.reports.heard(message);
        },
      });
    } catch (error) {
      if (error instanceof CecochatError && error.code === 'port.busy' && attempt < launchAttempts) {
        continue;
      }
      throw error;
    }
    await sayReplaced(invocation, replaced);
    return;
  }
}

/** A process that died is told; one that is not well, or whose engines change, is stopped. */
export async function clearAway({ environment, output }: Invocation, found: StackInspection): Promise<void> {
  const { state, name, condition, folders } = found;
  const { clock } = environment;
  if (condition === 'dead') {
    output.progress(`stack "${name}" had died (process ${state?.pid} is gone): starting it again`);
  }
  if (condition === 'unhealthy' || condition === 'starting') {
    const sick = found.health.filter((server) => server.state !== 'ready').map((server) => server.server.serverId);
    output.progress(
      `stack "${name}" runs but is not ready (${sick.join(', ') || 'no server listens'}): starting it again`,
    );
  }
  if (condition === 'ready')
    output.progress(`stack "${name}" gets an engine that is new or elsewhere: starting its servers again`);
  if (state === undefined || condition === 'stopped') return;
  // Servers of a supervisor that is only now stopped have had their time with it.
  const serversTimeoutMs = condition === 'dead' ? stopLimitMs : leftLimitMs;
  await endStackProcess({ process: state, folders, clock, timeoutMs: stopLimitMs, serversTimeoutMs });
}

interface ReplacedPort {
  readonly name: string;
  readonly wanted: number;
  readonly got: number;
}

const mostSaidOneByOne = 3;

/** Port by port; all in one line when another stack, say, has the whole block. */
async function sayReplaced({ output }: Invocation, replaced: readonly ReplacedPort[]): Promise<void> {
  const [first] = replaced;
  if (first !== undefined && replaced.length > mostSaidOneByOne) {
    const ports = replaced.map(({ wanted }) => wanted);
    const now = replaced.map(({ got }) => got);
    const range = (of: readonly number[]): string => `${Math.min(...of)}-${Math.max(...of)}`;
    output.warn(
      `${ports.length} of the ports ${range(ports)} are busy${await heldBy(first.wanted)}: using ${range(now)}`,
    );
    return;
  }
  for (const { name, wanted, got } of replaced) {
    output.warn(`port ${wanted} is busy${await heldBy(wanted)}: using ${got} for ${name}`);
  }
}

async function heldBy(port: number): Promise<string> {
  const holder = await portHolder(port);
  return holder === undefined ? '' : ` (${holder})`;
}
