/**
 * Logs in the users who chat, each on a device of its own, and knows names for ids.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { UserId } from '../../../services/core/ids.ts';
import { findUserName } from '../../client/discovery.ts';
import { openChatAccess, type ChatAccess } from '../chat-access/chat-access.ts';
import { createNames, type Names } from '../chat-access/names.ts';
import type { Environment } from '../environment.ts';
import type { ChatOptions } from './chat-options.ts';
import { claimDevice, type Device } from './device.ts';

export interface ChatUser {
  readonly access: ChatAccess;
  readonly with: { readonly userId: UserId; readonly name: string } | undefined;
  /** Error: user.unknown. */
  readonly findName: (userId: bigint) => Promise<string>;
}

export interface ChatUsers extends AsyncDisposable {
  readonly users: readonly ChatUser[];
}

export async function openUsers(environment: Environment, options: ChatOptions): Promise<ChatUsers> {
  const names = await createNames(environment, options.name);
  const devices: Device[] = [];
  const dispose = async (): Promise<void> => {
    for (const device of devices) await device[Symbol.asyncDispose]();
  };
  try {
    const users: ChatUser[] = [];
    for (const userName of options.as) {
      const device = await claimDevice(environment, options.name, userName);
      devices.push(device);
      users.push(await openUser({ environment, options, userName, device, names }));
    }
    return { users, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function openUser(request: {
  readonly environment: Environment;
  readonly options: ChatOptions;
  readonly userName: string;
  readonly device: Device;
  readonly names: Names;
}): Promise<ChatUser> {
  const { environment, options, userName, device, names } = request;
  const { signal } = environment;
  const access = await openChatAccess({
    environment,
    stackName: options.name,
    userName,
    client: device.client,
    signal,
  });
  names.add(access.session.userId, access.session.name);
  return {
    access,
    with: await partnerOf(access, options.with),
    async findName(userId) {
      const known = names.of(userId);
      if (known !== String(userId)) return known;
      const token = await access.session.accessToken(signal);
      const name = await findUserName({ profileUrl: access.stack.profileUrl, userId, token, signal });
      names.add(userId, name);
      return name;
    },
  };
}

async function partnerOf(access: ChatAccess, name: string | undefined): Promise<ChatUser['with']> {
  if (name === undefined) return undefined;
  const userId = await access.userId(name);
  if (userId !== access.session.userId) return { userId, name };
  throw new CecochatError('usage.invalid', `"${name}" cannot chat with himself`, { hint: 'name another user' });
}
