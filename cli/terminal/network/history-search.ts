/**
 * Looks through a chat's history from a message downwards, page by page, for the newest text that holds some words.
 */
import { messageFrom } from '../../../services/core/thrown.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { History } from '../../client/history.ts';
import type { Effect, NetworkEvent } from '../model/action.ts';
import { messageOf, type ChatMessage } from '../model/message.ts';
import { holds } from '../model/search.ts';

type SearchEffect = Extract<Effect, { kind: 'search' }>;

export interface HistorySearch {
  /** Ends the one that runs. */
  run(effect: SearchEffect): void;
  stop(): void;
}

export interface HistorySearchDependencies {
  readonly history: () => Promise<Pick<History, 'dialog'>>;
  readonly clock: Clock;
  readonly tell: (event: NetworkEvent) => void;
  readonly signal: AbortSignal;
}

const tellEveryMs = 200;

export function createHistorySearch(dependencies: HistorySearchDependencies): HistorySearch {
  const { clock, tell, signal } = dependencies;
  let running: AbortController | undefined;

  const look = async (
    { chatId, number, words, before: from }: SearchEffect,
    abort: AbortSignal,
  ): Promise<NetworkEvent> => {
    const history = await dependencies.history();
    /** The page before: what was said after what is found. */
    let newer: readonly ChatMessage[] = [];
    /** One behind each page that was passed over. */
    const cuts: bigint[] = [];
    let count = 0;
    let toldMs = clock.monotonicMs();
    for (let before = from, pages = 1; ; pages += 1) {
      const page = await history.dialog({ chatId, before, signal: abort });
      const messages = page.messages.map(messageOf);
      const last = messages.at(-1);
      const found = messages.find((message) => holds(message.text, words));
      if (found !== undefined) {
        const whole = [...newer, ...messages];
        const passed = { chatId, number, order: found.order, messages: whole, start: page.end };
        return { kind: 'search-found', ...passed, cuts, before: pages <= 2 ? from : undefined };
      }
      if (last === undefined || page.end) return { kind: 'search-ended', chatId, number, reason: '' };
      count += messages.length;
      const newest = newer[0];
      if (newest !== undefined) cuts.push(newest.order + 1n);
      newer = messages;
      before = last.order;
      if (clock.monotonicMs() - toldMs < tellEveryMs) continue;
      toldMs = clock.monotonicMs();
      tell({ kind: 'searched', chatId, number, count, timeMs: last.timeMs });
    }
  };

  return {
    run(effect) {
      running?.abort();
      const own = new AbortController();
      running = own;
      const abort = AbortSignal.any([signal, own.signal]);
      look(effect, abort).then(tell, (error: unknown) => {
        const reason = messageFrom(error);
        if (!abort.aborted) tell({ kind: 'search-ended', chatId: effect.chatId, number: effect.number, reason });
      });
    },
    stop() {
      running?.abort();
      running = undefined;
    },
  };
}
