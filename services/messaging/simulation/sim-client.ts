/**
 * A client as the protocol wants it: pipelines sends with keys, retries them, resumes by cursor, moves to
 * the server that connect names, and asks history when a send expired.
 */
import { dialogOf, type ChatId } from '../../core/chat-id.ts';
import { retryRules } from '../../core/errors.ts';
import { makeSendKey, type ClientId, type SendKey, type UserId } from '../../core/ids.ts';
import { partitionOf } from '../../core/partitioning.ts';
import type { FeedEntry, SendOutcome } from '../owner.ts';
import { simDecoders, type SimHistory } from './sim-history.ts';
import { startMs, type SimServer, type Stream } from './sim-server.ts';
import type { World } from './sim-world.ts';

export interface Outgoing {
  readonly to: UserId;
  readonly chatId: ChatId;
  /** 0, 1, 2 … in the order the user typed them, per chat. */
  readonly number: number;
  key: SendKey;
  acked: bigint | undefined;
  flying: boolean;
  askHistoryFrom: number | undefined;
  /** The server does not take the previous key though that one is accepted: leave it out. */
  alone: boolean;
}

export interface SimClient {
  readonly user: UserId;
  readonly clientId: ClientId;
  readonly partition: number;
  readonly outbox: readonly Outgoing[];
  readonly feed: readonly FeedEntry[];
  type(to: UserId): void;
  /** Forgets what it had not stored: reads again from an earlier cursor. */
  restart(): void;
  /** Does nothing until then. */
  sleepUntil(ms: number): void;
}

export interface ClientWorld {
  readonly world: World;
  readonly history: SimHistory;
  /** All processes there are, the newest of a server first. */
  servers(id: string): readonly SimServer[];
}

export function createSimClient(context: ClientWorld, user: UserId, clientId: ClientId): SimClient {
  const { world, history } = context;
  const { scheduler, random } = world;
  const partition = partitionOf(user, world.partitionCount);
  const outbox: Outgoing[] = [];
  let feed: FeedEntry[] = [];
  let server: SimServer | undefined;
  let stream: { readonly id: number } | undefined;
  let streams = 0;
  let asleepUntilMs = 0;
  let answeredUpTo = 0;

  const newKey = (): SendKey => makeSendKey(startMs + scheduler.nowMs(), random.bytes(10));

  /** The server that connect names; now and then an older process of it, or the wrong server. */
  function pick(): SimServer | undefined {
    const right = world.assignment[partition] ?? 's1';
    const wrong = right === 's1' ? 's2' : 's1';
    const all = context.servers(world.chance(world.faultiness()) ? wrong : right);
    return all[world.chance(world.faultiness()) ? all.length - 1 : 0];
  }

  function connect(): void {
    server = pick();
    if (server === undefined) return;
    streams += 1;
    const mine = { id: streams };
    stream = mine;
    let lastAtMs = 0;
    // One stream: what is sent later arrives later.
    const ordered = (work: () => void): void => {
      lastAtMs = Math.max(lastAtMs, scheduler.nowMs() + world.between(0, 10));
      scheduler.after(lastAtMs - scheduler.nowMs(), () => {
        if (stream === mine) work();
      });
    };
    const incoming: Stream = {
      deliver: (entries) => ordered(() => receive(entries)),
      ended: () =>
        ordered(() => {
          stream = undefined;
        }),
    };
    world.say(`client ${clientId} of ${user} connects to ${server.id} after ${feed.at(-1)?.offset ?? -1}`);
    server.listen(partition, feed.at(-1)?.offset ?? -1, incoming);
  }

  function receive(entries: readonly FeedEntry[]): void {
    for (const entry of entries) {
      if (!entry.record.owners.includes(user)) continue;
      const last = feed.at(-1)?.offset ?? -1;
      if (entry.offset <= last) world.violations.push(`client of ${user}: offset ${entry.offset} comes after ${last}`);
      feed.push(entry);
      world.say(`client ${clientId} of ${user} sees ${entry.record.kind} at ${entry.offset}`);
      confirm(entry);
    }
  }

  function confirm({ record }: FeedEntry): void {
    if (record.kind !== 'sent' && record.kind !== 'received') return;
    const head = simDecoders.message(record.message);
    if (head === undefined || head.senderId === user) return;
    const { chatId, senderId, messageId } = head;
    const seenUpTo = world.chance(0.3) ? messageId : 0n;
    server?.confirm({ readerId: user, chatId, senderId, deliveredUpTo: messageId, seenUpTo });
  }

  function previousOf(send: Outgoing): Outgoing | undefined {
    return outbox.findLast(({ chatId, number }) => chatId === send.chatId && number === send.number - 1);
  }

  function attempt(send: Outgoing): void {
    const to = server;
    if (to === undefined) return;
    send.flying = true;
    const { key } = send;
    let open = true;
    const close = (work: () => void): void => {
      if (!open || send.key !== key) return;
      open = false;
      send.flying = false;
      work();
    };
    scheduler.after(world.between(700, 3000), () =>
      close(() => {
        if (world.chance(0.5)) stream = undefined;
      }),
    );
    to.send({
      senderId: user,
      clientId,
      key,
      previousKey: send.alone ? undefined : previousOf(send)?.key,
      chatId: send.chatId,
      receivers: [send.to],
      encode: (messageId) => Buffer.from(`${messageId}|${send.chatId}|${user}|${clientId}|${key}|${send.number}`),
      done(outcome) {
        if (!to.alive || world.chance(world.faultiness() / 4)) return;
        scheduler.after(world.between(0, 10), () => {
          if (outcome.kind === 'accepted') accepted(send, key, outcome.messageId);
          close(() => answered(send, outcome));
        });
      },
    });
  }

  function accepted(send: Outgoing, key: SendKey, messageId: bigint): void {
    if (send.key !== key) world.violations.push(`key ${key} is accepted after it was given up`);
    if (send.acked !== undefined && send.acked !== messageId)
      world.violations.push(`key ${key} has ids ${send.acked} and ${messageId}`);
    send.acked = messageId;
    world.say(`client of ${user}: ${send.chatId} number ${send.number} is message ${messageId}`);
  }

  function answered(send: Outgoing, outcome: SendOutcome): void {
    if (outcome.kind === 'accepted') return;
    if (outcome.code === 'send.out_of_order' && previousOf(send)?.acked !== undefined) send.alone = true;
    if (outcome.code === 'send.expired') send.askHistoryFrom = outcome.position?.offset ?? -1;
    else if (retryRules[outcome.code] === 'refresh') stream = undefined;
    else if (retryRules[outcome.code] === 'never') world.violations.push(`a send is refused: ${outcome.detail}`);
  }

  function askHistory(send: Outgoing, from: number): void {
    const { message, watermark } = history.byKey({ partition, user, key: send.key });
    if (message !== undefined) accepted(send, send.key, message);
    else if (watermark > from) {
      send.key = newKey();
      send.askHistoryFrom = undefined;
    }
  }

  function step(): void {
    scheduler.after(world.busy() ? world.between(80, 350) : 20_000, step);
    if (scheduler.nowMs() < asleepUntilMs) return;
    if (stream === undefined || (world.chance(0.2) && server?.paused === true) || server?.alive !== true) connect();
    while (outbox[answeredUpTo]?.acked !== undefined) answeredUpTo += 1;
    const open = outbox.slice(answeredUpTo).filter((send) => send.acked === undefined);
    const flying = new Map<ChatId, number>();
    for (const send of open) {
      const before = flying.get(send.chatId) ?? 0;
      flying.set(send.chatId, before + 1);
      if (send.askHistoryFrom !== undefined) {
        askHistory(send, send.askHistoryFrom);
        continue;
      }
      // What may already have expired is settled one by one: a later one must not overtake it.
      const old = scheduler.nowMs() - asleepUntilMs < 60_000 && asleepUntilMs > 0;
      if (!send.flying && before < (old ? 1 : 4)) attempt(send);
    }
  }
  scheduler.after(world.between(0, 100), step);

  return {
    user,
    clientId,
    partition,
    outbox,
    get feed() {
      return feed;
    },
    type(to) {
      const chatId = dialogOf(user, to)?.chatId;
      if (chatId === undefined) return;
      const number = outbox.filter((send) => send.chatId === chatId).length;
      const fate = { acked: undefined, flying: false, askHistoryFrom: undefined, alone: false };
      outbox.push({ to, chatId, number, key: newKey(), ...fate });
    },
    restart() {
      feed = feed.slice(0, Math.floor(random.next() * (feed.length + 1)));
      stream = undefined;
    },
    sleepUntil(ms) {
      asleepUntilMs = ms;
      stream = undefined;
    },
  };
}
