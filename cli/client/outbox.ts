/**
 * What a client wants to send and does not know the fate of: what to transmit when, in which order, with
 * which previous key. Pure: time comes in, requests come out. Promises: per chat, requests are accepted in
 * the order of `add`, each key at most once; a resend keeps its key; never more than the limit in flight.
 */
import { randomInt, type Random } from '../../services/core/random.ts';
import type { Content } from '../../protos/gen/cecochat/v1/message.ts';
import type { SendMessageRequest } from '../../protos/gen/cecochat/v1/chat.ts';
import { backoffMs } from './retry.ts';

export interface OutgoingSend {
  readonly key: string;
  /** The time in the key, in milliseconds since 1970. */
  readonly madeMs: number;
  readonly chatId: string;
  readonly content: Content;
  readonly targetId: bigint;
  readonly sizeBytes: number;
}

export interface SendLimits {
  readonly sendsInFlight: number;
  /** 0: no limit. */
  readonly sendsPerSecond: number;
  readonly sendsBurst: number;
}

/** settled = take it off the books; ask = history must decide by this key; retry = it goes out again; unknown = not ours (any more). */
export type RefusalOutcome = 'settled' | 'ask' | 'retry' | 'unknown';

export interface Outbox {
  /** Sends whose fate is not known. */
  readonly unsettled: number;
  add(send: OutgoingSend): void;
  /** A new stream is open: everything unsettled goes out again. */
  connected(limits: SendLimits, nowMs: number): void;
  disconnected(): void;
  /** Requests to transmit now, in order. */
  take(nowMs: number, maxBytes: number): SendMessageRequest[];
  /** Earliest time at which `take` may have more without anything else happening. */
  wakeAtMs(nowMs: number): number | undefined;
  /** False when the key is not (any more) in here. */
  accepted(key: string): boolean;
  refused(key: string, code: string, nowMs: number): RefusalOutcome;
  /** After `ask`: it is certain that the key became no message, so it goes out under a new key. */
  renew(key: string, newKey: string, madeMs: number): void;
  /** Takes it off the books though it was not accepted. */
  drop(key: string): void;
}

interface Entry {
  key: string;
  madeMs: number;
  readonly send: OutgoingSend;
  readonly sequence: number;
  state: 'waiting' | 'flying' | 'asking';
  /** The server does not know the previous key though that one was accepted: leave it out. */
  alone: boolean;
}

interface ChatQueue {
  /** Unsettled, in the order of `add`. */
  readonly entries: Entry[];
  lastAccepted: string;
  lastSequence: number;
  notBeforeMs: number;
  refusals: number;
}

const backoffCodes = new Set([
  'send.out_of_order',
  'send.limited',
  'server.not_ready',
  'engine.unavailable',
  'deadline.exceeded',
]);
const streamCodes = new Set(['partition.not_owned', 'refresh', 'server.stopping', 'slow.consumer']);

/** Well within the server's window of ten minutes and one minute ahead: on its way a key grows older. */
const oldestTrustedMs = 8 * 60_000;
const trustedAheadMs = 30_000;

/** `keyNowMs`: the time by which keys are made, in milliseconds since 1970. */
export function createOutbox(random: Random, keyNowMs: () => number): Outbox {
  const byKey = new Map<string, Entry>();
  const chats = new Map<string, ChatQueue>();
  let waiting: Entry[] = [];
  let unsorted = false;
  let sequence = 0;
  let flying = 0;
  let open: SendLimits | undefined;
  let tokens = 0;
  let tokensAtMs = 0;

  const chatOf = (chatId: string): ChatQueue => {
    let chat = chats.get(chatId);
    if (chat === undefined) {
      chat = { entries: [], lastAccepted: '', lastSequence: -1, notBeforeMs: 0, refusals: 0 };
      chats.set(chatId, chat);
    }
    return chat;
  };
  const wait = (entry: Entry): void => {
    if (entry.state === 'flying') flying -= 1;
    entry.state = 'waiting';
    waiting.push(entry);
    unsorted = true;
  };
  const settle = (entry: Entry): void => {
    if (entry.state === 'flying') flying -= 1;
    if (entry.state === 'waiting') waiting = waiting.filter((other) => other !== entry);
    byKey.delete(entry.key);
    const { entries } = chatOf(entry.send.chatId);
    entries.splice(entries.indexOf(entry), 1);
  };
  const refill = (nowMs: number): void => {
    if (open === undefined || open.sendsPerSecond === 0) return;
    tokens = Math.min(open.sendsBurst, tokens + ((nowMs - tokensAtMs) / 1000) * open.sendsPerSecond);
    tokensAtMs = nowMs;
  };
  const previousOf = (chat: ChatQueue, entry: Entry): string => {
    const before = chat.entries[chat.entries.indexOf(entry) - 1];
    if (before !== undefined) return before.key;
    return entry.alone ? '' : chat.lastAccepted;
  };
  /**
   * The first unsettled send whose key may have expired. It may have to go out again under another key, and the
   * server does not hold back what comes after a key that it has forgotten: nothing may follow it before.
   */
  const doubtful = (chat: ChatQueue): number => {
    const now = keyNowMs();
    const first = chat.entries.find(({ madeMs }) => {
      const ageMs = now - madeMs;
      return ageMs > oldestTrustedMs || ageMs < -trustedAheadMs;
    });
    return first?.sequence ?? Number.POSITIVE_INFINITY;
  };
  const blocked = (chat: ChatQueue, nowMs: number): boolean =>
    chat.notBeforeMs > nowMs || chat.entries.some((entry) => entry.state === 'asking');

  return {
    get unsettled() {
      return byKey.size;
    },
    add(send) {
      const { key, madeMs } = send;
      const entry: Entry = { key, madeMs, send, sequence: sequence++, state: 'waiting', alone: false };
      byKey.set(send.key, entry);
      chatOf(send.chatId).entries.push(entry);
      waiting.push(entry);
    },
    connected(limits, nowMs) {
      if (open === undefined && tokensAtMs === 0) {
        tokens = limits.sendsBurst;
        tokensAtMs = nowMs;
      }
      open = limits;
      for (const chat of chats.values()) chat.notBeforeMs = 0;
    },
    disconnected() {
      open = undefined;
      for (const entry of byKey.values()) if (entry.state === 'flying') wait(entry);
    },
    take(nowMs, maxBytes) {
      if (open === undefined || waiting.length === 0) return [];
      if (unsorted) waiting.sort((one, other) => one.sequence - other.sequence);
      unsorted = false;
      refill(nowMs);
      const requests: SendMessageRequest[] = [];
      const kept: Entry[] = [];
      const held = new Set<ChatQueue>();
      const lastOf = new Map<ChatQueue, number>();
      let room = maxBytes;
      for (const [index, entry] of waiting.entries()) {
        const limited = open.sendsPerSecond > 0 && tokens < 1;
        if (flying >= open.sendsInFlight || limited || (room < entry.send.sizeBytes && requests.length > 0)) {
          kept.push(...waiting.slice(index));
          break;
        }
        const chat = chatOf(entry.send.chatId);
        const last = lastOf.get(chat) ?? doubtful(chat);
        lastOf.set(chat, last);
        if (held.has(chat) || entry.sequence > last || blocked(chat, nowMs)) {
          held.add(chat);
          kept.push(entry);
          continue;
        }
        entry.state = 'flying';
        flying += 1;
        tokens -= 1;
        room -= entry.send.sizeBytes;
        const { chatId, content, targetId } = entry.send;
        requests.push({ to: 0n, chatId, content, targetId, key: entry.key, previousKey: previousOf(chat, entry) });
      }
      waiting = kept;
      return requests;
    },
    wakeAtMs(nowMs) {
      if (open === undefined || waiting.length === 0 || flying >= open.sendsInFlight) return undefined;
      refill(nowMs);
      const byRate =
        open.sendsPerSecond > 0 && tokens < 1 ? nowMs + ((1 - tokens) / open.sendsPerSecond) * 1000 : nowMs;
      let earliest = Number.POSITIVE_INFINITY;
      const lastOf = new Map<ChatQueue, number>();
      for (const entry of waiting) {
        const chat = chatOf(entry.send.chatId);
        const last = lastOf.get(chat) ?? doubtful(chat);
        lastOf.set(chat, last);
        if (entry.sequence <= last && !chat.entries.some((other) => other.state === 'asking'))
          earliest = Math.min(earliest, chat.notBeforeMs);
      }
      return earliest === Number.POSITIVE_INFINITY ? undefined : Math.max(byRate, earliest);
    },
    accepted(key) {
      const entry = byKey.get(key);
      if (entry === undefined) return false;
      const expired = entry.state === 'asking';
      settle(entry);
      const chat = chatOf(entry.send.chatId);
      chat.refusals = 0;
      if (entry.sequence > chat.lastSequence) {
        chat.lastSequence = entry.sequence;
        // The server refuses what follows a key that it has just called expired: its successor goes without.
        chat.lastAccepted = expired ? '' : entry.key;
      }
      return true;
    },
    refused(key, code, nowMs) {
      const entry = byKey.get(key);
      if (entry === undefined) return 'unknown';
      const chat = chatOf(entry.send.chatId);
      if (code === 'send.expired') {
        if (entry.state === 'flying') flying -= 1;
        if (entry.state === 'waiting') waiting = waiting.filter((other) => other !== entry);
        entry.state = 'asking';
        return 'ask';
      }
      if (!backoffCodes.has(code) && !streamCodes.has(code)) {
        settle(entry);
        return 'settled';
      }
      if (entry.state === 'flying') wait(entry);
      const first = chat.entries[0] === entry;
      if (code === 'send.out_of_order' && first) entry.alone = true;
      if (code === 'send.limited') tokens = Math.min(tokens, 0);
      if (first) chat.refusals += 1;
      // Those behind the first only echo its refusal: the wait is counted once.
      if (first || chat.notBeforeMs < nowMs) {
        chat.notBeforeMs = nowMs + backoffMs(Math.max(1, chat.refusals), random) + randomInt(random, 10);
      }
      return 'retry';
    },
    renew(key, newKey, madeMs) {
      const entry = byKey.get(key);
      if (entry === undefined) return;
      byKey.delete(key);
      entry.key = newKey;
      entry.madeMs = madeMs;
      byKey.set(newKey, entry);
      wait(entry);
    },
    drop(key) {
      const entry = byKey.get(key);
      if (entry !== undefined) settle(entry);
    },
  };
}
