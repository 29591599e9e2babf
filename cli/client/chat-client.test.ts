import { describe, expect, test } from 'vitest';
import { CecochatError } from '../../services/core/errors.ts';
import { parseSendKey, sendKeyTimeMs } from '../../services/core/ids.ts';
import { seededRandom } from '../../services/core/random.ts';
import { systemClock } from '../../services/core/time/clock.ts';
import { openChatClient, type ChatClient, type ChatClientDependencies, type FeedEvent } from './chat-client.ts';
import { createMemoryCursorStore } from './cursor-store.ts';
import { alice, bob, clientId, cursorAt, refusal, startFake, type FakeServer } from './fake-chat-server.contract.ts';
import { textContent } from './sender.ts';
import { openSession } from './session.ts';

describe('a chat client', () => {
  test('shows what comes, once and in order, across lost connections', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    await chat.connected();
    const shown = take(chat, 6);
    fake.push('a');
    fake.push('b');
    fake.cut();
    fake.push('c');
    await until(() => fake.opened.length === 2);
    fake.push('d');
    fake.cut('slow.consumer');
    fake.push('e');
    fake.push('f');
    expect(textsOf(await shown)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('sends in order with the key of the send before', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    const sends = await Promise.all(
      ['a', 'b', 'c'].map((text) => chat.send({ to: alice, content: textContent(text) })),
    );
    expect(sends.map(({ messageId }) => messageId)).toEqual([1n, 2n, 3n]);
    expect(fake.came.map(({ previousKey }) => previousKey)).toEqual(['', sends[0]?.key, sends[1]?.key]);
  });

  test('gives a send whose answer was lost its first message, under the same key', async () => {
    await using fake = await startFake();
    fake.onSend = (_key, times) => (times === 1 && fake.came.length === 2 ? 'cut' : undefined);
    await using chat = open(fake);
    const sends = await Promise.all(
      ['a', 'b', 'c'].map((text) => chat.send({ to: alice, content: textContent(text) })),
    );
    expect(sends.map(({ messageId }) => messageId)).toEqual([1n, 2n, 3n]);
    expect(fake.feed).toHaveLength(3);
  });

  test('a final refusal rejects that send only, and the next does not refer to it', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => (fake.came.length === 1 ? refusal(key, 'message.too_large') : undefined);
    await using chat = open(fake);
    await expect(chat.send({ to: alice, content: textContent('a') })).rejects.toMatchObject({
      code: 'message.too_large',
    });
    await chat.send({ to: alice, content: textContent('b') });
    expect(fake.came.at(-1)?.previousKey).toBe('');
  });

  test('sends anew under a new key when history is certain that an expired key became nothing', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => (fake.came.length === 1 ? refusal(key, 'send.expired') : undefined);
    await using chat = open(fake);
    const { key, messageId } = await chat.send({ to: alice, content: textContent('a') });
    expect(messageId).toBe(1n);
    expect(fake.came.map((send) => send.key).indexOf(key)).toBe(1);
  });

  test('takes the message that history knows for an expired key', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => refusal(key, 'send.expired');
    fake.onByKey = (key) => ({
      message: {
        messageId: 77n,
        order: 77n,
        chatId: '1-2',
        senderId: bob,
        clientId,
        key,
        targetId: 0n,
        content: textContent('a'),
      },
      watermark: Buffer.alloc(0),
      final: true,
    });
    await using chat = open(fake);
    await expect(chat.send({ to: alice, content: textContent('a') })).resolves.toMatchObject({ messageId: 77n });
  });

  test.each([-7_200_000, 7_200_000])("sends though the server's clock is %s ms off", async (offMs) => {
    await using fake = await startFake();
    const serverMs = (): number => systemClock.nowMs() + offMs;
    fake.onSend = (key) =>
      Math.abs(timeOf(key) - serverMs()) < 60_000 ? undefined : refusal(key, 'send.expired', serverMs());
    await using chat = open(fake);
    const texts = ['a', 'b', 'c'];
    const sends = await Promise.all(texts.map((text) => chat.send({ to: alice, content: textContent(text) })));
    expect(sends.map(({ messageId }) => messageId)).toEqual([1n, 2n, 3n]);
    const before = fake.came.length;
    expect(before).toBeLessThanOrEqual(6);
    await chat.send({ to: alice, content: textContent('d') });
    expect(fake.came).toHaveLength(before + 1);
  });

  test('knows the time from the welcome', async () => {
    await using fake = await startFake();
    fake.serverTimeMs = systemClock.nowMs() - 7_200_000;
    await using chat = open(fake);
    await chat.connected();
    const { key } = await chat.send({ to: alice, content: textContent('a') });
    expect(Math.abs(timeOf(key) - fake.serverTimeMs)).toBeLessThan(60_000);
  });

  test('gives up a message that expires again and again, naming the clock', async () => {
    await using fake = await startFake();
    fake.onSend = (key) =>
      fake.came.length <= 4 ? refusal(key, 'send.expired', systemClock.nowMs() + 3_600_000) : undefined;
    await using chat = open(fake);
    const first = chat.send({ to: alice, content: textContent('a') });
    await expect(first).rejects.toMatchObject({
      code: 'send.expired',
      hint: expect.stringContaining('clock is 3600 s'),
    });
    await expect(chat.send({ to: alice, content: textContent('b') })).resolves.toMatchObject({ messageId: 1n });
    expect(fake.came).toHaveLength(5);
  });

  test('fills from history what the feed no longer has, then goes on live', async () => {
    await using fake = await startFake();
    for (const text of 'abcdefgh') fake.push(text);
    fake.firstOffset = 7;
    await using chat = open(fake, { store: createMemoryCursorStore(cursorAt(1)) });
    await until(() => fake.opened.length === 2);
    fake.push('i');
    expect(textsOf(await take(chat, 7))).toEqual(['c', 'd', 'e', 'f', 'g', 'h', 'i']);
  });

  test('shows nothing again when the feed ended as expired and the history lags behind what was shown', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    await chat.connected();
    const shown = take(chat, 6);
    for (const text of ['a', 'b', 'c', 'd', 'e']) fake.push(text);
    fake.historyLag = 3;
    await until(() => fake.feed.length === 5);
    fake.cut('feed.expired');
    await until(() => fake.opened.length === 2);
    fake.push('f');
    expect(textsOf(await shown)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('without a cursor shows everything from the beginning when asked to', async () => {
    await using fake = await startFake();
    for (const text of 'abcdefg') fake.push(text);
    await using chat = open(fake, { start: 'beginning' });
    await chat.connected();
    fake.push('h');
    expect(textsOf(await take(chat, 8))).toEqual('abcdefgh'.split(''));
  });

  test('stores only the cursor of what was taken', async () => {
    await using fake = await startFake();
    const store = createMemoryCursorStore(cursorAt(-1));
    const chat = open(fake, { store });
    await chat.connected();
    for (const text of 'abc') fake.push(text);
    for await (const event of chat.events()) if (textsOf([event])[0] === 'b') break;
    await chat.close();
    expect(await store.load()).toEqual(cursorAt(0));
  });

  test('confirms the highest taken message, and again after each connect', async () => {
    await using fake = await startFake();
    await using chat = open(fake);
    await chat.connected();
    fake.push('a');
    fake.push('b');
    for (const event of await take(chat, 2)) chat.taken(event);
    await until(() => fake.confirmed.some(({ deliveredUpTo }) => deliveredUpTo === 2n));
    const before = fake.confirmed.length;
    fake.cut();
    await until(() => fake.confirmed.length > before);
    expect(fake.confirmed.at(-1)).toMatchObject({ chatId: '1-2', senderId: alice, readerId: bob, deliveredUpTo: 2n });
  });

  test('renews a token that the server refuses, once', async () => {
    await using fake = await startFake();
    fake.refuseTokens = () => true;
    await using chat = open(fake);
    await expect(chat.connected()).rejects.toMatchObject({ code: 'login.failed' });
    expect(fake.opened).toHaveLength(1);
  });

  test('closing waits for what is on its way', async () => {
    await using fake = await startFake();
    const chat = open(fake, { deliveries: 'ignore' });
    const sends = Array.from({ length: 200 }, (_, index) => chat.send({ to: alice, content: textContent(`${index}`) }));
    await chat.close();
    expect((await Promise.all(sends)).map(({ messageId }) => messageId)).toEqual(
      sends.map((_, index) => BigInt(index + 1)),
    );
  });
});

function open(fake: FakeServer, more: Partial<ChatClientDependencies> = {}): ChatClient {
  const tokens = {
    accessToken: 'token',
    refreshToken: undefined,
    expiresAtMs: 2 ** 43,
    userId: bob,
    clientId,
    name: 'bob',
  };
  const session = openSession(tokens, { profileUrl: 'http://127.0.0.1:9', clock: systemClock });
  const renewing = {
    ...session,
    renew: () => Promise.reject(new CecochatError('login.failed', 'the password is wrong')),
  };
  const { connectUrl } = fake;
  return openChatClient({ session: renewing, connectUrl, clock: systemClock, random: seededRandom(1), ...more });
}

function timeOf(key: string): number {
  const parsed = parseSendKey(key);
  return parsed === undefined ? Number.NaN : sendKeyTimeMs(parsed);
}

async function take(chat: ChatClient, count: number): Promise<FeedEvent[]> {
  const taken: FeedEvent[] = [];
  for await (const event of chat.events()) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

function textsOf(events: readonly FeedEvent[]): string[] {
  return events.flatMap(({ event }) =>
    event?.$case === 'message' && event.value.content?.body?.$case === 'text' ? [event.value.content.body.value] : [],
  );
}

async function until(good: () => boolean): Promise<void> {
  while (!good()) await systemClock.sleep(2, AbortSignal.timeout(5_000));
}
