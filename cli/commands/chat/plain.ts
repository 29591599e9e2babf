/**
 * `chat --plain`: one line a message, nothing is ever drawn again; each line that is typed is sent.
 */
import { createInterface } from 'node:readline';
import type { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { dialogOf } from '../../../services/core/chat-id.ts';
import { CecochatError } from '../../../services/core/errors.ts';
import { messageFrom } from '../../../services/core/thrown.ts';
import { openChatClient, type ChatClient, type ClientStatus } from '../../client/chat-client.ts';
import { createMemoryCursorStore } from '../../client/cursor-store.ts';
import { textContent } from '../../client/sender.ts';
import { firstChats } from '../../terminal/network/first-chats.ts';
import { messageLine } from '../chat-access/message-view.ts';
import type { Invocation } from '../command.ts';
import type { ChatOptions } from './chat-options.ts';
import { openUsers, type ChatUser } from './open-users.ts';

const shownAtStart = 10;

export async function chatPlainly(invocation: Invocation, options: ChatOptions): Promise<void> {
  const { environment, output } = invocation;
  const { clock, random, signal } = environment;
  await using opened = await openUsers(environment, options);
  const [user] = opened.users;
  if (user?.with === undefined) throw new CecochatError('usage.invalid', '--plain needs to know with whom');
  const { session, stack } = user.access;
  const { connectUrl } = stack;
  const lost = (reason: string): void => output.progress(`connection lost, reconnecting: ${reason}`);
  const { watermark } = await firstChats({ session, connectUrl, clock, random, signal, lost });
  await using client = openChatClient({
    session,
    connectUrl,
    clock,
    random,
    store: createMemoryCursorStore(watermark),
    onStatus: connectionLines(output, lost),
    signal,
  });
  const chat = { client, user, invocation };
  const show = showOnce(chat);
  await showPast(chat, show);
  output.progress(`${session.name} chats with ${user.with.name}: each line is sent, the end of input leaves`);
  const left = new AbortController();
  const listening = listen(client, show, AbortSignal.any([signal, left.signal]));
  await Promise.race([sendLines(chat), listening]);
  signal.throwIfAborted();
  await client.close(signal);
  left.abort();
  await listening.catch(() => undefined);
}

/** Says that the connection is back only to who was told that it was lost. */
function connectionLines(output: Invocation['output'], lost: (reason: string) => void) {
  let isLost = false;
  return (status: ClientStatus): void => {
    if (status.kind === 'waiting') lost(status.error.message);
    if (status.kind === 'connected' && isLost) output.progress('connected again');
    if (status.kind !== 'backfilling') isLost = status.kind === 'waiting';
  };
}

interface PlainChat {
  readonly client: ChatClient;
  readonly user: ChatUser;
  readonly invocation: Invocation;
}

type Show = (message: Message) => Promise<void>;

/** Prints messages of the chat, each once, and confirms them as seen. */
function showOnce({ client, user, invocation }: PlainChat): Show {
  const { session } = user.access;
  const partner = user.with;
  const chatId = partner === undefined ? undefined : dialogOf(session.userId, partner.userId)?.chatId;
  const nameOf = (userId: bigint): string => (userId === session.userId ? session.name : (partner?.name ?? ''));
  const shown = new Set<bigint>();
  return async (message) => {
    const { senderId, messageId } = message;
    if (message.chatId !== chatId || shown.has(messageId)) return;
    shown.add(messageId);
    await invocation.output.event({ event: 'message', data: {}, text: messageLine(message, nameOf) });
    if (senderId !== session.userId) client.seen({ chatId, senderId, messageId });
  };
}

async function showPast({ client, user, invocation }: PlainChat, show: Show): Promise<void> {
  const { signal } = invocation.environment;
  const partner = user.with;
  const dialog = partner === undefined ? undefined : dialogOf(user.access.session.userId, partner.userId);
  if (dialog === undefined) return;
  const page = await (await client.history(signal)).dialog({ chatId: dialog.chatId, limit: shownAtStart, signal });
  for (const message of page.messages.toReversed()) await show(message);
}

async function listen(client: ChatClient, show: Show, signal: AbortSignal): Promise<void> {
  for await (const { event } of client.events(signal)) if (event?.$case === 'message') await show(event.value);
}

async function sendLines({ client, user, invocation }: PlainChat): Promise<void> {
  const { stdin, signal } = invocation.environment;
  const { output } = invocation;
  const to = user.with?.userId;
  for await (const line of createInterface({ input: stdin, terminal: false, signal })) {
    if (to === undefined || line.trim() === '') continue;
    client.send({ to, content: textContent(line) }).then(
      () => output.progress('sent'),
      (error: unknown) => output.warn(`not sent: ${messageFrom(error)}`),
    );
  }
}
