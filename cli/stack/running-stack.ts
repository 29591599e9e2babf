/**
 * Finds a running stack for commands that talk to it: where its servers are, and what opens them.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { canonicalUserName } from '../../services/core/user-name.ts';
import type { Environment } from '../commands/environment.ts';
import { stackFolders } from './folders.ts';
import { checkServers } from './health.ts';
import { isRunning } from './process/process-identity.ts';
import type { StackSecrets, StackServer, StackState } from './stack-files.ts';
import { readSecrets, readState } from './state.ts';

export interface StackAccess {
  readonly name: string;
  readonly pid: number;
  /** Left out: in processes of this machine. */
  readonly hosting?: 'containers';
  /** Of the servers, where each has a process of its own; else empty. */
  readonly serverPids: readonly number[];
  readonly profileUrl: string;
  readonly connectUrl: string;
  readonly configuratorUrl: string;
  readonly servers: readonly StackServer[];
  /** For the administration APIs of profile, configurator and materialize: `authorization: Bearer <adminToken>`. */
  readonly adminToken: string;
  /** Demo users and whom `user add` made here; undefined when the password is not known on this machine. */
  passwordOf(userName: string): string | undefined;
}

/** The running stack of that name; throws `stack.not_running` with a hint when there is none. */
export async function findRunningStack(environment: Environment, name: string): Promise<StackAccess> {
  const folders = stackFolders(environment, name);
  const [state, secrets] = await Promise.all([readState(folders), readSecrets(folders)]);
  if (state === undefined || state.status === 'stopped' || secrets === undefined) {
    throw notRunning(name, 'is not running');
  }
  if (state.hosting === 'containers') {
    const health = await checkServers(state.servers, environment.signal);
    if (health.every((server) => server.state === 'unreachable')) {
      throw notRunning(name, 'is not running: none of its containers answers');
    }
  } else if (!(await isRunning(state))) {
    throw notRunning(name, `is not running: its process ${state.pid} ended without a word`);
  }
  return accessOf(state, secrets);
}

export function accessOf(state: StackState, secrets: StackSecrets): StackAccess {
  const { name, pid, hosting, processes, profileUrl, connectUrl, configuratorUrl, servers } = state;
  return {
    name,
    pid,
    ...(hosting === undefined ? {} : { hosting }),
    serverPids: processes.flatMap((one) => (one.pid === null ? [] : [one.pid])),
    profileUrl,
    connectUrl,
    configuratorUrl,
    servers,
    adminToken: secrets.adminToken,
    passwordOf: (userName) => secrets.users.find((user) => user.name === canonicalUserName(userName))?.password,
  };
}

export function notRunning(name: string, what: string): CecochatError {
  return new CecochatError('stack.not_running', `stack "${name}" ${what}`, {
    hint: name === 'default' ? 'cecochat up' : `cecochat up --name ${name}`,
    data: { stack: name },
  });
}
