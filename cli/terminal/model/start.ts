/**
 * The state in which the terminal client starts. Two different users side by side begin in their common chat.
 */
import { dialogOf } from '../../../services/core/chat-id.ts';
import type { UserId } from '../../../services/core/ids.ts';
import { newChat, newClient, type ClientState, type State } from './state.ts';

export interface StartUser {
  readonly userId: UserId;
  readonly name: string;
  /** Whose chat is opened at once. */
  readonly with: { readonly userId: UserId; readonly name: string } | undefined;
}

export function startState(users: readonly StartUser[], from: { nowMs: number; stackName: string }): State {
  return {
    size: { columns: 80, rows: 24 },
    ...from,
    clients: users.map((user, index) => startClient(user, user.with ?? users.find((_, other) => other !== index))),
    active: 0,
    help: undefined,
    terminal: 'unknown',
    leaving: false,
  };
}

function startClient(user: StartUser, partner: { userId: UserId; name: string } | undefined): ClientState {
  const client = newClient(user);
  const dialog = partner === undefined ? undefined : dialogOf(user.userId, partner.userId);
  if (partner === undefined || dialog === undefined) return client;
  const { chatId } = dialog;
  return {
    ...client,
    names: new Map(client.names).set(partner.userId, partner.name),
    chats: new Map([[chatId, newChat(chatId, partner.userId)]]),
    selected: chatId,
    open: chatId,
    focus: 'chat',
  };
}
