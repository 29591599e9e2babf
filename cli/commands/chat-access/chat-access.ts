/**
 * How a command chats as a user of a stack: finds the stack, logs the user in (or goes on with the session
 * that this program kept, unless CECOCHAT_PASSWORD is given), and knows where this client's cursor is kept.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import { CecochatError } from '../../../services/core/errors.ts';
import { parseUserId, type UserId } from '../../../services/core/ids.ts';
import { makeFolder } from '../../../services/core/make-folder.ts';
import { findUser, findUserName } from '../../client/discovery.ts';
import { textField } from '../../client/http-json.ts';
import {
  login,
  openSession,
  parseTokens,
  tokensToJson,
  type Session,
  type SessionTokens,
} from '../../client/session.ts';
import { stackFolders } from '../../stack/folders.ts';
import { findRunningStack, type StackAccess } from '../../stack/running-stack.ts';
import type { Environment } from '../environment.ts';
import { openBulkSession } from './bulk-session.ts';

export interface ChatAccess {
  readonly stack: StackAccess;
  readonly session: Session;
  /**
   * A session that may send faster than people do, for bulk work: an administrator of the stack gets one;
   * anybody else goes on with his own.
   */
  bulkSession(signal: AbortSignal): Promise<Session>;
  /** Where this client keeps its cursor. */
  readonly cursorPath: string;
  /** The id of a user given by name, or by id as digits. */
  userId(nameOrId: string, signal?: AbortSignal): Promise<UserId>;
}

export interface ChatAccessRequest {
  readonly environment: Environment;
  readonly stackName: string;
  readonly userName: string;
  /** Each kind of program is a client (device) of its own, with its own client id and cursor. */
  readonly client: 'send' | 'listen' | 'history' | 'chat' | `chat-${number}`;
  readonly signal: AbortSignal;
}

export function asOption(): Option {
  return new Option('--as <user>', 'name of the user who does it').makeOptionMandatory();
}

/** Errors: stack.not_running, login.failed, login.limited, engine.unavailable. */
export async function openChatAccess(request: ChatAccessRequest): Promise<ChatAccess> {
  const { environment, stackName, userName, signal } = request;
  const stack = await findRunningStack(environment, stackName);
  const folder = clientsFolder(environment, stackName);
  const base = join(folder, `${encodeURIComponent(userName)}.${request.client}`);
  const given = environment.env['CECOCHAT_PASSWORD'] ?? '';
  const password = given === '' ? stack.passwordOf(userName) : given;
  const sessionPath = `${base}.session.json`;
  const { profileUrl } = stack;
  const keep = (tokens: SessionTokens): void => {
    // Kept to save a login; without it the next run logs in again.
    void keepTokens({ path: sessionPath, profileUrl, tokens }).catch(() => undefined);
  };
  const kept = await keptTokens(sessionPath);
  const usable = kept !== undefined && kept.tokens.name === userName && kept.profileUrl === profileUrl;
  // Who gives a password is to be the one that it belongs to, whoever was logged in here before.
  const goesOn = usable && given === '' && kept.tokens.expiresAtMs > environment.clock.nowMs();
  let tokens = goesOn ? kept.tokens : undefined;
  if (tokens === undefined) {
    if (password === undefined) throw noPassword(userName, stackName);
    const sameClient = kept === undefined || !usable ? {} : { clientId: kept.tokens.clientId };
    tokens = await login({ profileUrl, username: userName, password, ...sameClient, signal });
    makeFolder(folder);
    await keepTokens({ path: sessionPath, profileUrl, tokens });
  }
  const session = openSession(tokens, {
    profileUrl,
    clock: environment.clock,
    ...(password === undefined ? {} : { password }),
    onTokens: keep,
  });
  return {
    stack,
    session,
    bulkSession: (abort) => openBulkSession({ stack, session, environment, signal: abort }),
    cursorPath: `${base}.cursor`,
    async userId(nameOrId, abort = signal) {
      const token = await session.accessToken(abort);
      const id = parseUserId(nameOrId);
      if (id === undefined) return findUser({ profileUrl, name: nameOrId, token, signal: abort });
      await findUserName({ profileUrl, userId: id, token, signal: abort });
      return id;
    },
  };
}

/** Where sessions and cursors of the clients on this machine are kept. */
export function clientsFolder(environment: Environment, stackName: string): string {
  return join(stackFolders(environment, stackName).root, 'clients');
}

/** Does not tell whether there is a user of that name. */
function noPassword(userName: string, stackName: string): CecochatError {
  const named = stackName === 'default' ? '' : ` --name ${stackName}`;
  return new CecochatError(
    'login.failed',
    `there is no user "${userName}", or no password of that user is known on this machine`,
    { hint: `cecochat user add${named} ${userName} makes one; of a user that exists, give CECOCHAT_PASSWORD` },
  );
}

interface KeptSession {
  readonly path: string;
  /** A session counts only at the stack that gave it. */
  readonly profileUrl: string;
  readonly tokens: SessionTokens;
}

async function keepTokens({ path, profileUrl, tokens }: KeptSession): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, `${JSON.stringify({ profileUrl, ...tokensToJson(tokens) })}\n`, { mode: 0o600 });
  await rename(beside, path);
}

async function keptTokens(path: string): Promise<KeptSession | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return { path, profileUrl: textField(value, 'profileUrl') ?? '', tokens: parseTokens(value, path) };
  } catch {
    // Absent or unreadable: a login makes a new one.
    return undefined;
  }
}
