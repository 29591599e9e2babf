/**
 * Where a user's servers are, as connect answers.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { parseUserId, type UserId } from '../../services/core/ids.ts';
import { callHttp, textField } from './http-json.ts';

export interface Discovery {
  /** "127.0.0.1:7110": the messaging server that owns the user's partition. */
  readonly messagingAddress: string;
  readonly messagingServerId: string;
  readonly historyAddress: string;
}

/** Errors: unauthenticated, server.not_ready, engine.unavailable. */
export async function discover(request: {
  readonly connectUrl: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}): Promise<Discovery> {
  const { connectUrl, ...rest } = request;
  const url = `${connectUrl}/api/connect`;
  const answer = await callHttp({ url, method: 'GET', ...rest });
  const messagingAddress = textField(answer, 'messagingAddress');
  const historyAddress = textField(answer, 'historyAddress');
  if (messagingAddress === undefined || historyAddress === undefined) {
    throw new CecochatError('internal', `${url} answered without the addresses of messaging and history`);
  }
  return { messagingAddress, historyAddress, messagingServerId: textField(answer, 'messagingServerId') ?? '' };
}

/** The name of the user with that id. Errors: user.unknown, unauthenticated. */
export async function findUserName(request: {
  readonly profileUrl: string;
  readonly userId: bigint;
  readonly token: string;
  readonly signal?: AbortSignal;
}): Promise<string> {
  const { profileUrl, userId, ...rest } = request;
  const url = `${profileUrl}/api/users/by-id/${userId}`;
  const name = textField(await callHttp({ url, method: 'GET', ...rest }), 'name');
  if (name === undefined) throw new CecochatError('internal', `${url} answered without a name`);
  return name;
}

/** The id of the user of that name. Errors: user.unknown, unauthenticated. */
export async function findUser(request: {
  readonly profileUrl: string;
  readonly name: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}): Promise<UserId> {
  const { profileUrl, name, ...rest } = request;
  const url = `${profileUrl}/api/users/by-name/${encodeURIComponent(name)}`;
  const userId = parseUserId(textField(await callHttp({ url, method: 'GET', ...rest }), 'userId') ?? '');
  if (userId === undefined) throw new CecochatError('internal', `${url} answered without a user id`);
  return userId;
}
