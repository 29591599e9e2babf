/**
 * Chat ids: "<smaller user id>-<larger user id>" for a dialog; "g<id>" is kept for group chats.
 */
import { parseUserId, type UserId } from './ids.ts';

declare const brand: unique symbol;
export type ChatId = string & { readonly [brand]: 'ChatId' };

export interface Dialog {
  readonly chatId: ChatId;
  readonly users: readonly [UserId, UserId];
}

/** The dialog of two different users, in either order; undefined for a user with himself. */
export function dialogOf(one: UserId, other: UserId): Dialog | undefined {
  if (one === other) return undefined;
  const users: [UserId, UserId] = one < other ? [one, other] : [other, one];
  return { chatId: `${users[0]}-${users[1]}` as ChatId, users };
}

/** Parses the canonical form only, so that one dialog has one id. */
export function parseDialog(chatId: string): Dialog | undefined {
  const [first, second, more] = chatId.split('-');
  if (first === undefined || second === undefined || more !== undefined) return undefined;
  const one = parseUserId(first);
  const other = parseUserId(second);
  if (one === undefined || other === undefined || one >= other) return undefined;
  return { chatId: chatId as ChatId, users: [one, other] };
}

/** Any chat id that there is or is kept room for: a dialog's, or "g<id>". */
export function parseChatId(text: string): ChatId | undefined {
  if (text.startsWith('g')) return parseUserId(text.slice(1)) === undefined ? undefined : (text as ChatId);
  return parseDialog(text)?.chatId;
}

/** The other member of a dialog; undefined when the user is not a member. */
export function partnerIn(dialog: Dialog, user: UserId): UserId | undefined {
  const [one, other] = dialog.users;
  if (user === one) return other;
  return user === other ? one : undefined;
}
