/**
 * Pages of history for the terminal, asked for one after the other for each chat.
 */
import { messageFrom } from '../../../services/core/thrown.ts';
import type { Message } from '../../../protos/gen/cecochat/v1/message.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { History } from '../../client/history.ts';
import type { Effect, NetworkEvent } from '../model/action.ts';
import { messageOf } from '../model/message.ts';
import { mostUnread } from '../model/state.ts';

type HistoryEffect = Extract<Effect, { kind: 'load-older' | 'load-newer' | 'load-newest' | 'count-unread' }>;

export interface ChatHistory {
  run(effect: HistoryEffect): void;
}

export interface ChatHistoryDependencies {
  readonly history: () => Promise<Pick<History, 'dialog'>>;
  readonly clock: Clock;
  readonly tell: (event: NetworkEvent) => void;
  readonly signal: AbortSignal;
}

/** History may be behind the feed: asking again at once would bring the same. */
const newestEveryMs = 150;
const afterFailureMs = 1_000;
/** A part between two cuts takes few pages; a long absence may take more. */
const mostPages = 50;

export function createChatHistory(dependencies: ChatHistoryDependencies): ChatHistory {
  const { clock, tell, signal } = dependencies;
  const newestAtMs = new Map<string, number>();

  const older = async ({ chatId, before }: Extract<HistoryEffect, { kind: 'load-older' }>): Promise<NetworkEvent> => {
    const page = await (await dependencies.history()).dialog({ chatId, before, signal });
    const messages = page.messages.map(messageOf);
    const end = page.end || messages.length === 0;
    return { kind: 'page', page: { chatId, what: 'older', messages, end, below: undefined, asked: before } };
  };
  const newest = async ({ chatId }: Extract<HistoryEffect, { kind: 'load-newest' }>): Promise<NetworkEvent> => {
    const lastMs = newestAtMs.get(chatId);
    const nowMs = clock.monotonicMs();
    if (lastMs !== undefined && nowMs - lastMs < newestEveryMs) await clock.sleep(newestEveryMs, signal);
    newestAtMs.set(chatId, clock.monotonicMs());
    const page = await (await dependencies.history()).dialog({ chatId, signal });
    const messages = page.messages.map(messageOf);
    return { kind: 'page', page: { chatId, what: 'newest', messages, end: page.end, below: undefined } };
  };
  const newer = async (effect: Extract<HistoryEffect, { kind: 'load-newer' }>): Promise<NetworkEvent> => {
    const { chatId, after, below } = effect;
    const messages = await downTo(chatId, { below, enough: (message) => message.order <= after });
    const fresh = messages.filter((message) => message.order > after).map(messageOf);
    return { kind: 'page', page: { chatId, what: 'newer', messages: fresh, end: false, below, asked: after } };
  };
  const unread = async (effect: Extract<HistoryEffect, { kind: 'count-unread' }>): Promise<NetworkEvent> => {
    const { chatId, senderId, after } = effect;
    let count = 0;
    await downTo(chatId, {
      below: undefined,
      enough(message) {
        if (message.senderId === senderId && message.messageId > after) count += 1;
        return message.messageId <= after || count >= mostUnread;
      },
    });
    return { kind: 'unread', chatId, after, count };
  };
  /** Messages from `below` downwards, until one is enough. */
  const downTo = async (
    chatId: string,
    range: { below: bigint | undefined; enough: (message: Message) => boolean },
  ): Promise<Message[]> => {
    const history = await dependencies.history();
    const all: Message[] = [];
    let before = range.below;
    for (let pages = 0; pages < mostPages; pages += 1) {
      const page = await history.dialog({ chatId, ...(before === undefined ? {} : { before }), signal });
      for (const message of page.messages) {
        all.push(message);
        if (range.enough(message)) return all;
      }
      const last = page.messages.at(-1);
      if (page.end || last === undefined) break;
      before = last.order;
    }
    return all;
  };
  const answer = (effect: HistoryEffect): Promise<NetworkEvent> => {
    switch (effect.kind) {
      case 'load-older':
        return older(effect);
      case 'load-newest':
        return newest(effect);
      case 'load-newer':
        return newer(effect);
      case 'count-unread':
        return unread(effect);
    }
  };

  return {
    run(effect) {
      answer(effect).then(tell, async (error: unknown) => {
        if (signal.aborted) return;
        await clock.sleep(afterFailureMs, signal).catch(() => undefined);
        const reason = messageFrom(error);
        if (!signal.aborted) tell({ kind: 'page-failed', chatId: effect.chatId, reason });
      });
    },
  };
}
