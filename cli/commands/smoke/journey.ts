/**
 * The whole journey of messages between two users of their own, made for it and removed afterwards: every
 * step checks what it claims, the last one everything together.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { makeSendKey, parseUserId, type ClientId } from '../../../services/core/ids.ts';
import { createScope, type Scope } from '../../../services/core/lifecycle.ts';
import { openChatClient } from '../../client/chat-client.ts';
import { createMemoryCursorStore, type CursorStore } from '../../client/cursor-store.ts';
import { checkFeeds, type SentLog, type Sighting } from '../../client/feed-checker.ts';
import { callHttp, textField } from '../../client/http-json.ts';
import { sendOnce } from '../../client/send-once.ts';
import { textContent, type AcceptedSend } from '../../client/sender.ts';
import { login, openSession, type Session } from '../../client/session.ts';
import type { StackAccess } from '../../stack/running-stack.ts';
import type { Environment } from '../environment.ts';
import { openDevice, type Device } from './device.ts';
import { messagesOf, readHistories } from './journey-history.ts';
import type { Step } from './step.ts';

export interface Journey extends AsyncDisposable {
  readonly steps: readonly Step[];
}

interface Person {
  readonly name: string;
  readonly password: string;
  readonly userId: bigint;
}

interface Sent {
  readonly key: string;
  readonly chatId: string;
  readonly messageId: bigint;
}

const burst = 20;

export function planJourney(stack: StackAccess, environment: Pick<Environment, 'clock' | 'random'>): Journey {
  const { clock, random } = environment;
  const scope: Scope = createScope();
  const mark = Buffer.from(random.bytes(4)).toString('hex');
  const sentBy = new Map<Device, Sent[]>();
  const people: Person[] = [];
  let anna: Device | undefined;
  let bert: Device | undefined;
  let second: Device | undefined;
  const secondStore = createMemoryCursorStore();
  const sessions: Session[] = [];

  const addPerson = async (name: string, signal: AbortSignal): Promise<void> => {
    const { profileUrl, adminToken: token } = stack;
    const url = `${profileUrl}/api/users`;
    const answer = await callHttp({ url, method: 'POST', token, body: { name }, signal });
    scope.defer(async () => {
      await callHttp({ url: `${url}/${encodeURIComponent(name)}`, method: 'DELETE', token });
    });
    const userId = parseUserId(textField(answer, 'userId') ?? '');
    const password = textField(answer, 'password');
    if (userId === undefined || password === undefined) {
      throw new CecochatError('stack.unhealthy', `${url} answered without user id and password`);
    }
    people.push({ name, password, userId });
  };
  const logIn = async (person: Person, signal: AbortSignal, clientId?: ClientId): Promise<Session> => {
    const { profileUrl } = stack;
    const { name: username, password } = person;
    const same = clientId === undefined ? {} : { clientId };
    const tokens = await login({ profileUrl, username, password, signal, ...same });
    return openSession(tokens, { profileUrl, clock, password });
  };
  const connect = async (
    name: string,
    session: Session,
    given: { signal: AbortSignal; store?: CursorStore; earlier?: Device },
  ): Promise<Device> => {
    const { signal, store = createMemoryCursorStore(), earlier } = given;
    const { connectUrl } = stack;
    const client = openChatClient({ session, connectUrl, clock, random, store, start: 'beginning', signal });
    const more = earlier === undefined ? {} : { earlier };
    const device = scope.use(openDevice(name, client, { clock, signal, ...more }));
    await client.connected(signal);
    return device;
  };
  const send = async (from: Device, to: Device, texts: readonly string[]): Promise<AcceptedSend[]> => {
    const log = sentBy.get(from) ?? [];
    sentBy.set(from, log);
    const toId = parseUserId(to.client.session.userId);
    if (toId === undefined) throw new Error('a session has a user id');
    const sends = await Promise.all(texts.map((text) => from.client.send({ to: toId, content: textContent(text) })));
    log.push(...sends);
    return sends;
  };
  const all = (): { anna: Device; bert: Device; second: Device } => {
    if (anna === undefined || bert === undefined || second === undefined) throw new Error('the steps come in order');
    return { anna, bert, second };
  };
  const has = (device: Device, sends: readonly { key: string }[]): (() => boolean) => {
    return () => {
      const keys = new Set(device.seen.map(({ key }) => key));
      return sends.every(({ key }) => keys.has(key));
    };
  };
  const texts = (word: string): string[] => Array.from({ length: burst }, (_, index) => `${word} ${index + 1} ✓`);
  let first: AcceptedSend[] = [];

  const steps: Step[] = [
    {
      name: 'sessions',
      async work(signal) {
        await addPerson(`smoke-${mark}-a`, signal);
        await addPerson(`smoke-${mark}-b`, signal);
        const [one, other] = people;
        if (one === undefined || other === undefined) throw new Error('two people were added');
        sessions.push(...(await Promise.all([logIn(one, signal), logIn(other, signal), logIn(other, signal)])));
        return 'two new users, three logins';
      },
    },
    {
      name: 'connect',
      async work(signal) {
        const [one, other, third] = sessions;
        if (one === undefined || other === undefined || third === undefined) throw new Error('three sessions');
        [anna, bert, second] = await Promise.all([
          connect('first user', one, { signal }),
          connect('second user', other, { signal }),
          connect('second device', third, { signal, store: secondStore }),
        ]);
        return 'three streams open';
      },
    },
    {
      name: 'send',
      async work() {
        const devices = all();
        first = await send(devices.anna, devices.bert, texts('message'));
        return `${first.length} messages acknowledged as durable`;
      },
    },
    {
      name: 'receive',
      async work() {
        const devices = all();
        await devices.bert.until(has(devices.bert, first), 'the messages');
        const answers = await send(devices.bert, devices.anna, ['answer']);
        await devices.anna.until(has(devices.anna, answers), 'the answer');
        return `${first.length} messages there, 1 answer back`;
      },
    },
    {
      name: 'second device',
      async work() {
        const devices = all();
        await devices.second.until(() => devices.second.seen.length === devices.bert.seen.length, 'the same feed');
        return `${devices.second.seen.length} records, the same as on the first`;
      },
    },
    {
      name: 'confirmations',
      async work() {
        const { anna: sender } = all();
        const last = first.at(-1)?.messageId ?? 0n;
        const reader = people[1]?.userId;
        await sender.until(
          () => sender.receipts.some(({ readerId, deliveredUpTo }) => readerId === reader && deliveredUpTo >= last),
          'the confirmation "delivered"',
        );
        return `processed and delivered up to ${last}`;
      },
    },
    {
      name: 'history',
      async work(signal) {
        const devices = all();
        const history = await devices.bert.client.history(signal);
        const chatId = first[0]?.chatId ?? '';
        const found = await readHistories({ history, chatId, expected: devices.bert.seen.length, clock, signal });
        const key = first[0]?.key ?? '';
        const own = await (await devices.anna.client.history(signal)).byKey({ key, signal });
        if (own.message?.messageId !== first[0]?.messageId) {
          throw new CecochatError('stack.unhealthy', `history by key gives ${own.message?.messageId ?? 'nothing'}`);
        }
        same('user history', found.user, devices.bert.seen);
        same('dialog history', found.dialog, sorted(devices.bert.seen));
        if (found.chats.join() !== chatId) {
          throw new CecochatError('stack.unhealthy', `the list of chats is "${found.chats.join()}", not "${chatId}"`);
        }
        return 'dialog, user, chats and key are equal to the feed';
      },
    },
    {
      name: 'retry',
      async work(signal) {
        const devices = all();
        const key = makeSendKey(clock.nowMs(), random.bytes(10));
        const { session } = devices.anna.client;
        const to = devices.bert.client.session.userId;
        const content = textContent('sent twice');
        const request = { session, connectUrl: stack.connectUrl, to, content, key, clock, random, signal };
        const once = await sendOnce(request);
        const again = await sendOnce(request);
        sentBy.get(devices.anna)?.push({ key, chatId: once.chatId, messageId: once.messageId });
        if (again.messageId !== once.messageId) {
          throw new CecochatError('stack.unhealthy', `one key became ${once.messageId} and ${again.messageId}`);
        }
        return 'the same key again gave the same message';
      },
    },
    {
      name: 'resume',
      async work(signal) {
        const devices = all();
        const session = devices.second.client.session;
        await devices.second.client.close(signal);
        devices.bert.client.interrupt();
        const more = await send(devices.anna, devices.bert, texts('missed'));
        const reopened = await connect('second device', session, {
          signal,
          store: secondStore,
          earlier: devices.second,
        });
        second = reopened;
        await devices.bert.until(has(devices.bert, more), 'what came while it was away');
        await reopened.until(has(reopened, more), 'what came while it was away');
        return `${more.length} messages, missed by both devices, came after the reconnect`;
      },
    },
    {
      name: 'check',
      async work(signal) {
        const devices = all();
        const both = [devices.anna, devices.bert];
        const total = both.reduce((sum, device) => sum + (sentBy.get(device)?.length ?? 0), 0);
        for (const device of [...both, devices.second]) {
          await device.until(() => device.seen.length >= total, `all ${total} records`);
        }
        const histories = await Promise.all(
          both.map(async (device) => {
            const history = await device.client.history(signal);
            return {
              userId: device.client.session.userId,
              messages: await messagesOf({ history, expected: total, clock, signal }),
            };
          }),
        );
        const sent: SentLog[] = both.map((device) => ({
          client: device.name,
          senderId: device.client.session.userId,
          sends: sentBy.get(device) ?? [],
        }));
        const feeds = [...both, devices.second].map(({ name, client, seen }) => ({
          client: name,
          userId: client.session.userId,
          seen,
        }));
        const [worst, ...rest] = checkFeeds({ sent, feeds, histories });
        if (worst !== undefined) {
          const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`;
          throw new CecochatError('stack.unhealthy', `${worst.kind} in ${worst.where}: ${worst.what}${more}`);
        }
        return `${total} messages: none lost, doubled or reordered, devices and history agree`;
      },
    },
  ];
  return { steps, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

function sorted(seen: readonly Sighting[]): Sighting[] {
  return seen.toSorted((one, other) => (one.messageId < other.messageId ? -1 : 1));
}

function same(what: string, found: readonly Sighting[], expected: readonly Sighting[]): void {
  const ids = (list: readonly Sighting[]): string => list.map(({ messageId }) => messageId).join();
  if (ids(found) !== ids(expected)) {
    throw new CecochatError(
      'stack.unhealthy',
      `the ${what} has ${found.length} messages, not the feed's ${expected.length}`,
    );
  }
}
