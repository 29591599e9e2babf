/**
 * The ports of a stack's servers, remembered in its folder.
 */
import type { Environment } from '../commands/environment.ts';
import type { StackFolders } from './folders.ts';
import { portBaseFor } from './port-base.ts';
import { planPorts, portNames, type Ports, type ReplacedPort } from './ports.ts';
import { readPorts, writePorts } from './state.ts';

export interface ServerPortRequest {
  readonly environment: Pick<Environment, 'env' | 'cwd'>;
  readonly folders: StackFolders;
  readonly name: string;
  /** First port of its block; undefined: what it had last, or the lowest free block; 0: any free ports. */
  readonly portBase: number | undefined;
  /** How many messaging servers. */
  readonly messaging: number;
  /** They stay as they are: somebody of this stack listens there. */
  readonly present?: Ports | undefined;
  readonly onReplaced: (replaced: ReplacedPort) => void;
}

const host = '127.0.0.1';

export async function chooseServerPorts(request: ServerPortRequest): Promise<Ports> {
  const { environment, folders, name, portBase, messaging, present = {}, onReplaced } = request;
  const remembered = portBase === undefined ? ((await readPorts(folders))?.ports ?? {}) : {};
  const base = portBase ?? (await portBaseFor(environment, name));
  const names = portNames(messaging).filter((port) => present[port] === undefined);
  const plan = await planPorts({ host, names, taken: Object.values(present), remembered, base });
  plan.replaced.forEach(onReplaced);
  const ports = { ...present, ...plan.ports };
  await writePorts(folders, { formatVersion: 1, ports: { ...remembered, ...ports } });
  return ports;
}
