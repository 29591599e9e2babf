/**
 * Many users at once, each with a device that sends and receives and others that only follow: one stays, one
 * loses its connection now and then, one is started again from its cursor.
 */
import { setMaxListeners } from 'node:events';
import { parseDialog } from '../../../services/core/chat-id.ts';
import { randomInt, type Random } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import type { UserId } from '../../../services/core/ids.ts';
import { login, openSession } from '../../client/session.ts';
import type { HistoryLog, Evidence } from '../../client/feed-checker.ts';
import { openDevice, type Device } from './device.ts';
import { readDialogs, readUserHistory, untilCaughtUp } from './histories.ts';
import type { StackHandle } from './stack-handle.ts';

export interface Crowd extends AsyncDisposable {
  readonly senders: readonly Device[];
  readonly devices: readonly Device[];
  /** True: each sender sends once a second; false, as at first: as much as it gets answers for. */
  isCalm: boolean;
  /** Ends sending, waits until every send is answered and every device saw what it should; says what did not happen. */
  settle(timeoutMs: number): Promise<string[]>;
  /** Resolves when history holds what the senders' devices saw; milliseconds that it took. Only after `settle`. */
  untilInHistory(): Promise<number>;
  /** What was sent and seen, and what history says. Only after `untilInHistory`. */
  evidence(): Promise<Evidence>;
  readonly sentCount: number;
  readonly ackedCount: number;
  readonly deliveredCount: number;
}

export interface CrowdOptions {
  readonly stack: StackHandle;
  readonly users: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const inFlight = 8;
const pauseMs = 100;
const calmPauseMs = 1_000;

export async function openCrowd({ stack, users, random, signal }: CrowdOptions): Promise<Crowd> {
  const accounts = await Promise.all(Array.from({ length: users }, (_, index) => stack.addUser(`crowd-${index}`)));
  const open = async (account: (typeof accounts)[number], role: string): Promise<Device> => {
    const { name, password } = account;
    const tokens = await login({ profileUrl: stack.profileUrl, username: name, password });
    const session = openSession(tokens, { profileUrl: stack.profileUrl, clock: systemClock, password });
    return openDevice({ name: `${name}/${role}`, session, connectUrl: stack.connectUrl, random });
  };
  const senders: Device[] = [];
  const seconds: Device[] = [];
  for (const account of accounts) {
    senders.push(await open(account, 'sender'));
    seconds.push(await open(account, 'second'));
  }
  const ids = senders.map((device) => device.session.userId);
  const devices = [...senders, ...seconds];
  let isCalm = false;
  const stop = new AbortController();
  // Every device listens to both.
  setMaxListeners(0, stop.signal, signal);
  const loops = [
    ...senders.map((device, index) =>
      chatter({ device, partners: partnersOf(ids, index), isCalm: () => isCalm, random, signal: stop.signal }),
    ),
    ...seconds.map((device, index) => disturb({ device, kind: index % 3, random, signal: stop.signal })),
  ];

  return {
    senders,
    devices,
    get isCalm() {
      return isCalm;
    },
    set isCalm(calm) {
      isCalm = calm;
    },
    get sentCount() {
      return sum(senders, ({ sent }) => sent.sends.length);
    },
    get ackedCount() {
      return sum(senders, ({ sent }) => sent.sends.filter((send) => send.messageId !== undefined).length);
    },
    get deliveredCount() {
      return sum(devices, ({ feed }) => feed.seen.length);
    },
    async settle(timeoutMs) {
      stop.abort(new Error('the load is over'));
      await Promise.allSettled(loops);
      const endMs = systemClock.monotonicMs() + timeoutMs;
      const settled = (): boolean => senders.every((device) => device.unsettled === 0);
      while (!settled() && systemClock.monotonicMs() < endMs) await systemClock.sleep(50, signal);
      const expected = expectations(senders);
      const complete = (): boolean => devices.every(({ feed }) => feed.seen.length >= (expected.get(feed.userId) ?? 0));
      while (!complete() && systemClock.monotonicMs() < endMs) await systemClock.sleep(100, signal);
      return [
        ...senders
          .filter((device) => device.unsettled > 0)
          .map((device) => `${device.name} waits for ${device.unsettled} answers`),
        ...devices.flatMap((device) => device.faults),
      ];
    },
    async untilInHistory() {
      const startMs = systemClock.monotonicMs();
      await Promise.all(senders.map(({ session, cursor }) => untilCaughtUp({ stack, session, signal, cursor })));
      return systemClock.monotonicMs() - startMs;
    },
    async evidence() {
      const histories: HistoryLog[] = [];
      for (const device of senders) {
        const { session } = device;
        histories.push(await readUserHistory({ stack, session, signal }));
        const chats = new Set(device.sent.sends.map((send) => send.chatId));
        histories.push(...(await readDialogs({ stack, session, chats: [...chats].slice(0, 2), signal })));
      }
      return {
        sent: senders.map((device) => device.sent),
        feeds: devices.map((device) => device.feed),
        histories,
      };
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the load is over'));
      await Promise.allSettled(loops);
      await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
    },
  };
}

/** Everybody talks to three others, so that a chat has traffic in both directions. */
function partnersOf(ids: readonly UserId[], index: number): UserId[] {
  return [1, 2, ids.length - 1].flatMap((step) => ids[(index + step) % ids.length] ?? []);
}

interface Loop {
  readonly device: Device;
  readonly random: Random;
  readonly signal: AbortSignal;
}

interface Chatter extends Loop {
  readonly partners: readonly UserId[];
  readonly isCalm: () => boolean;
}

async function chatter({ device, partners, isCalm, random, signal }: Chatter): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    const burst = isCalm() ? 1 : 1 + randomInt(random, 3);
    for (let each = 0; each < burst && device.unsettled < inFlight; each += 1) {
      const to = partners[randomInt(random, partners.length)];
      if (to !== undefined) device.send(to, `message ${count}.${each} of ${device.name} ☂`);
    }
    await systemClock.sleep(isCalm() ? calmPauseMs : pauseMs + random.next() * pauseMs * 2, signal);
  }
}

/** 0: stays. 1: loses its connection now and then. 2: is started again now and then. */
async function disturb({ device, kind, random, signal }: Loop & { kind: number }): Promise<void> {
  while (!signal.aborted && kind > 0) {
    await systemClock.sleep(500 + random.next() * 4_000, signal);
    if (kind === 1) device.interrupt();
    else await device.reborn();
  }
}

/** How many acknowledged messages belong into each user's feed. */
function expectations(senders: readonly Device[]): ReadonlyMap<bigint, number> {
  const counts = new Map<bigint, number>();
  for (const { sent } of senders) {
    for (const { chatId, messageId } of sent.sends) {
      if (messageId === undefined) continue;
      for (const user of parseDialog(chatId)?.users ?? []) counts.set(user, (counts.get(user) ?? 0) + 1);
    }
  }
  return counts;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
