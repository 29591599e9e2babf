/**
 * One user's connection, for the terminal: takes what the client library brings into actions, and carries out
 * the effects that concern servers. Records of the feed are handed on in batches.
 */
import { messageFrom } from '../../../services/core/thrown.ts';
import type { Message, Receipt } from '../../../protos/gen/cecochat/v1/message.ts';
import { dialogOf } from '../../../services/core/chat-id.ts';
import { parseUserId, type UserId } from '../../../services/core/ids.ts';
import type { Random } from '../../../services/core/random.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import { openChatClient, type ChatClient, type ClientStatus, type FeedEvent } from '../../client/chat-client.ts';
import { createMemoryCursorStore } from '../../client/cursor-store.ts';
import { textContent } from '../../client/sender.ts';
import type { Session } from '../../client/session.ts';
import type { Effect, NetworkEvent } from '../model/action.ts';
import { messageOf, timeOf } from '../model/message.ts';
import type { Connection } from '../model/state.ts';
import { visibleText } from '../text/visible-text.ts';
import { createChatHistory, type ChatHistory } from './chat-history.ts';
import { createHistorySearch, type HistorySearch } from './history-search.ts';
import { firstChats } from './first-chats.ts';

export interface PeerDependencies {
  readonly session: Session;
  readonly connectUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The id of the user of that name. */
  readonly findUser: (name: string) => Promise<UserId>;
  /** The name of the user with that id. */
  readonly findName: (userId: bigint) => Promise<string>;
  readonly tell: (event: NetworkEvent) => void;
  readonly signal: AbortSignal;
}

export interface Peer {
  readonly rttMs: number | undefined;
  run(effect: ServerEffect): void;
  /** Resolves when it was closed; rejects with what makes going on impossible. */
  readonly ended: Promise<void>;
  /** Sends what is still to be confirmed, for a second at most. */
  close(): Promise<void>;
}

/** What concerns servers. */
export type ServerEffect = Extract<Effect, { readonly client: number }>;

/** Records gathered for one action. */
const batchMs = 30;
const mostBatched = 500;

export function openPeer(dependencies: PeerDependencies): Peer {
  const { session, clock, random, tell, signal } = dependencies;
  let client: ChatClient | undefined;
  let history: ChatHistory | undefined;
  let search: HistorySearch | undefined;
  const waiting: ((opened: ChatClient) => void)[] = [];
  /** Ids of messages that were sent by this very run. */
  const sent = new Set<bigint>();
  let messages: Message[] = [];
  let receipts: Receipt[] = [];
  let due = false;

  const flush = (): void => {
    due = false;
    const batch = { messages: messages.map(messageOf), receipts };
    messages = [];
    receipts = [];
    if (batch.messages.length + batch.receipts.length > 0) tell({ kind: 'feed', ...batch });
  };
  const gather = ({ event }: FeedEvent): void => {
    if (event?.$case === 'message') messages.push(event.value);
    else if (event?.$case === 'receipt') receipts.push(event.value);
    else if (event?.$case === 'ack') {
      const { key, messageId } = event.value;
      clock.after(batchMs, () => void lookUp(key, messageId).catch(() => undefined));
    }
    if (messages.length + receipts.length >= mostBatched) flush();
    else if (!due) {
      due = true;
      clock.after(batchMs, flush);
    }
  };
  /** An acknowledgement for an earlier run of this device: what was sent then is known to history only. */
  const lookUp = async (key: string, messageId: bigint): Promise<void> => {
    if (sent.has(messageId) || client === undefined) return;
    const { message } = await (await client.history(signal)).byKey({ key, signal });
    if (message !== undefined) tell({ kind: 'feed', messages: [messageOf(message)], receipts: [] });
  };
  const run = async (): Promise<void> => {
    const first = await firstChats({ ...dependencies, lost: (reason) => tell(connection({ kind: 'lost', reason })) });
    tell({ kind: 'chats', chats: first.chats });
    const opened = openChatClient({
      session,
      connectUrl: dependencies.connectUrl,
      clock,
      random,
      store: createMemoryCursorStore(first.watermark),
      onStatus: (status) => tell(connection(connectionOf(status))),
      signal,
    });
    client = opened;
    const asking = { history: () => opened.history(signal), clock, tell, signal };
    history = createChatHistory(asking);
    search = createHistorySearch(asking);
    for (const work of waiting.splice(0)) work(opened);
    for await (const event of opened.events(signal)) gather(event);
  };
  const whenOpen = (work: (opened: ChatClient) => void): void => {
    if (client === undefined) waiting.push(work);
    else work(client);
  };
  const send = (effect: Extract<Effect, { kind: 'send' }>, to: UserId): void => {
    const { chatId, localId, text } = effect;
    whenOpen((opened) => {
      opened.send({ to, content: textContent(text) }).then(
        ({ messageId, order }) => {
          sent.add(messageId);
          const own = { chatId, order, messageId, senderId: session.userId, timeMs: timeOf(messageId) };
          tell({ kind: 'accepted', chatId, localId, message: { ...own, text: visibleText(text) } });
        },
        (error: unknown) => {
          if (!signal.aborted) tell({ kind: 'refused', chatId, localId, reason: messageFrom(error) });
        },
      );
    });
  };
  const findUser = async (name: string): Promise<void> => {
    const userId = await dependencies.findUser(name);
    const dialog = dialogOf(session.userId, userId);
    if (dialog === undefined) tell({ kind: 'no-user', reason: 'that is you' });
    else tell({ kind: 'found-user', userId, name: await dependencies.findName(userId), chatId: dialog.chatId });
  };
  const findName = async (userId: bigint): Promise<void> => {
    tell({ kind: 'name', userId, name: await dependencies.findName(userId) });
  };

  const ended = run();
  ended.catch(() => undefined);
  return {
    ended,
    get rttMs() {
      return client?.rttMs;
    },
    run(effect) {
      switch (effect.kind) {
        case 'send': {
          const to = parseUserId(effect.to);
          if (to !== undefined) send(effect, to);
          return;
        }
        case 'seen':
          whenOpen((opened) => opened.seen(effect));
          return;
        case 'received':
          whenOpen((opened) => opened.received(effect));
          return;
        case 'load-older':
        case 'load-newer':
        case 'load-newest':
        case 'count-unread':
          whenOpen(() => history?.run(effect));
          return;
        case 'search':
          whenOpen(() => search?.run(effect));
          return;
        case 'stop-search':
          search?.stop();
          return;
        case 'find-user':
          findUser(effect.name).catch((error: unknown) => tell({ kind: 'no-user', reason: messageFrom(error) }));
          return;
        case 'find-name':
          // Without the name the number stands there.
          findName(effect.userId).catch(() => undefined);
      }
    },
    async close() {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(1_000)]);
      await client?.close(patience).catch(() => undefined);
      await client?.[Symbol.asyncDispose]();
    },
  };
}

function connection(value: Connection): NetworkEvent {
  return { kind: 'connection', connection: value };
}

function connectionOf(status: ClientStatus): Connection {
  switch (status.kind) {
    case 'connected':
      return { kind: 'connected', serverId: status.serverId };
    case 'backfilling':
      return { kind: 'catching-up' };
    case 'waiting':
      return { kind: 'lost', reason: status.error.message };
  }
}
