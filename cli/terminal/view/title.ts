/**
 * The terminal's title: who chats, and how much waits.
 */
import type { State } from '../model/state.ts';

export function titleOf({ clients }: State): string {
  const unread = clients
    .flatMap((client) => Array.from(client.chats.values()))
    .reduce((sum, chat) => sum + chat.unread, 0);
  const names = clients.map((client) => client.name).join(', ');
  return `${unread === 0 ? '' : `(${unread}) `}${names} · cecochat`;
}
