/**
 * Every running `chat` is a device of its own: two terminals of one user have two client ids. A device is used
 * again by the next run, so that a user's devices do not grow in number with every start.
 */
import { join } from 'node:path';
import { CecochatError } from '../../../services/core/errors.ts';
import { makeFolder } from '../../../services/core/make-folder.ts';
import { tryLock } from '../../stack/process-lock.ts';
import { clientsFolder } from '../chat-access/chat-access.ts';
import type { Environment } from '../environment.ts';

export interface Device extends AsyncDisposable {
  readonly client: `chat-${number}`;
}

const mostDevices = 64;

/** The first device of the user that no running program holds. */
export async function claimDevice(environment: Environment, stackName: string, userName: string): Promise<Device> {
  const folder = clientsFolder(environment, stackName);
  makeFolder(folder);
  for (let number = 1; number <= mostDevices; number += 1) {
    const client = `chat-${number}` as const;
    const attempt = await tryLock(join(folder, `${encodeURIComponent(userName)}.${client}.lock`), environment.random);
    if (!attempt.held) continue;
    return { client, [Symbol.asyncDispose]: () => attempt.lock[Symbol.asyncDispose]() };
  }
  throw new CecochatError('usage.invalid', `${mostDevices} chats of "${userName}" run on this machine already`, {
    hint: 'leave one of them',
  });
}
