/**
 * `chat --plain`: one line a message, nothing is ever drawn again; each line that is typed is sent.
 */
import { createInterface } from 'node:readline';
import { CecochatError } from '../../../services/core/errors.ts';
import { openChatClient } from '../../client/chat-client.ts';
import { textContent } from '../../client/sender.ts';
import { messageLine } from '../chat-access/message-view.ts';
import type { Invocation } from '../command.ts';
import type { ChatOptions } from './chat-options.ts';
import { openUsers } from './open-users.ts';

const shownAtStart = 10;

export async function chatPlainly({ environment, output }: Invocation, options: ChatOptions): Promise<void> {
  const { clock, random, signal, stdin } = environment;
  await using opened = await openUsers(environment, options);
  const user = opened.users[0];
  if (user?.with === undefined) throw new CecochatError('usage.invalid', '--plain needs to know with whom');
  const { access, with: partner } = user;
  const own = access.session;
  const nameOf = (userId: bigint): string => (userId === own.userId ? own.name : partner.name);
  const say = (text: string): Promise<void> => output.event({ event: 'message', data: {}, text });
  await using client = openChatClient({ session: own, connectUrl: access.stack.connectUrl, clock, random, signal });
  await client.connected(signal);
  const history = await client.history(signal);
  const chatId = own.userId < partner.userId ? `${own.userId}-${partner.userId}` : `${partner.userId}-${own.userId}`;
  const past = await history.dialog({ chatId, limit: shownAtStart, signal });
  for (const message of past.messages.toReversed()) await say(messageLine(message, nameOf));
  output.progress(`${own.name} chats with ${partner.name}: each line is sent, the end of input leaves`);
  const life = new AbortController();
  const listening = (async (): Promise<void> => {
    for await (const { event } of client.events(AbortSignal.any([signal, life.signal]))) {
      if (event?.$case !== 'message' || event.value.chatId !== chatId) continue;
      await say(messageLine(event.value, nameOf));
      const { senderId, messageId } = event.value;
      if (senderId !== own.userId) client.seen({ chatId, senderId, messageId });
    }
  })();
  const typing = (async (): Promise<void> => {
    for await (const line of createInterface({ input: stdin, terminal: false, signal })) {
      if (line.trim() === '') continue;
      client
        .send({ to: partner.userId, content: textContent(line) })
        .then(() => output.progress('sent'))
        .catch((error: unknown) => output.warn(`not sent: ${error instanceof Error ? error.message : String(error)}`));
    }
  })();
  await Promise.race([typing, listening]);
  signal.throwIfAborted();
  await client.close(signal);
  life.abort();
  await listening.catch(() => undefined);
}
