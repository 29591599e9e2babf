import { describe, expect, test } from 'vitest';
import { makeSendKey } from '../../services/core/ids.ts';
import { seededRandom } from '../../services/core/random.ts';
import { systemClock } from '../../services/core/time/clock.ts';
import { alice, bob, clientId, refusal, startFake, type FakeServer } from './fake-chat-server.contract.ts';
import { sendOnce, type OneSend } from './send-once.ts';
import { textContent } from './sender.ts';
import { openSession } from './session.ts';

const hourMs = 3_600_000;
const expiredAt = (serverTimeMs: number) => (key: string) => refusal(key, 'send.expired', serverTimeMs);

describe('one send whose key the server calls expired', () => {
  test("goes out once more under a key by the server's clock", async () => {
    await using fake = await startFake();
    const serverMs = systemClock.nowMs() - hourMs;
    fake.onSend = (key, times) => (fake.came.length === 1 ? expiredAt(serverMs)(key) : refuseRepeated(key, times));
    await expect(one(fake)).resolves.toMatchObject({ messageId: 1n });
    const [first, second] = fake.came.map(({ key }) => timeDigits(key));
    expect((first ?? 0) - (second ?? 0)).toBeGreaterThan(hourMs - 60_000);
  });

  test('fails at the second refusal, and says how far the clocks are apart', async () => {
    await using fake = await startFake();
    fake.onSend = expiredAt(systemClock.nowMs() + hourMs);
    await expect(one(fake)).rejects.toMatchObject({
      code: 'send.expired',
      hint: expect.stringContaining('clock is 3600 s behind'),
    });
    expect(fake.came).toHaveLength(2);
  });

  test('keeps a key that the caller chose', async () => {
    await using fake = await startFake();
    fake.onSend = expiredAt(systemClock.nowMs());
    const key = makeSendKey(systemClock.nowMs() - hourMs, seededRandom(2).bytes(10));
    await expect(one(fake, { key })).rejects.toMatchObject({ hint: expect.stringContaining('history') });
    expect(fake.came.map((send) => send.key)).toEqual([key]);
  });

  test('keeps a key that an earlier attempt may have turned into a message', async () => {
    await using fake = await startFake();
    fake.onSend = (key) => (fake.came.length === 1 ? 'cut' : expiredAt(systemClock.nowMs())(key));
    await expect(one(fake)).rejects.toMatchObject({ code: 'send.expired' });
    expect(fake.feed).toHaveLength(1);
    expect(new Set(fake.came.map(({ key }) => key)).size).toBe(1);
  });
});

function refuseRepeated(key: string, times: number) {
  return times > 1 ? refusal(key, 'request.invalid') : undefined;
}

function timeDigits(key: string): number {
  return Number.parseInt(key.slice(0, 13).replace('-', ''), 16);
}

function one(fake: FakeServer, more: Partial<OneSend> = {}) {
  const tokens = { accessToken: 'token', refreshToken: undefined, expiresAtMs: 2 ** 43, userId: bob, clientId };
  const session = openSession({ ...tokens, name: 'bob' }, { profileUrl: 'http://127.0.0.1:9', clock: systemClock });
  const rest = { clock: systemClock, random: seededRandom(1), signal: AbortSignal.timeout(10_000) };
  return sendOnce({ session, connectUrl: fake.connectUrl, to: alice, content: textContent('a'), ...rest, ...more });
}
