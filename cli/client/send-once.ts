/**
 * One message by the unary call: for scripts that send one and go. Tries again under the same key while
 * the retry rule allows, asking connect anew when told to.
 */
import { credentials, Metadata } from '@grpc/grpc-js';
import { SendClient, type SendMessageResponse } from '../../protos/gen/cecochat/v1/chat.ts';
import type { Content } from '../../protos/gen/cecochat/v1/message.ts';
import { CecochatError } from '../../services/core/errors.ts';
import { makeSendKey, type UserId } from '../../services/core/ids.ts';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { chatChannelOptions } from './connection.ts';
import { discover } from './discovery.ts';
import { errorFromGrpc } from './errors-from-grpc.ts';
import { backoffMs } from './retry.ts';
import { createServerTime } from './server-time.ts';
import type { Session } from './session.ts';

export interface OneSend {
  readonly session: Session;
  readonly connectUrl: string;
  readonly to: UserId;
  readonly content: Content;
  /** Made when absent; the same key again is the same message. */
  readonly key?: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Called before each wait for another try, with why. */
  readonly onWait?: (error: Error) => void;
  /** Tries until this aborts. */
  readonly signal: AbortSignal;
}

const deadlineMs = 10_000;

/** Resolves when the message is durable. Errors: the server's final refusal, or the signal's reason. */
export async function sendOnce(request: OneSend): Promise<SendMessageResponse> {
  const { session, connectUrl, clock, random, signal } = request;
  const serverTime = createServerTime(clock);
  const newKey = (): string => makeSendKey(serverTime.nowMs(), random.bytes(10));
  let key = request.key ?? newKey();
  let renewed = false;
  // While every attempt was refused for certain, the key has become nothing and may be replaced.
  let mayReplaceKey = request.key === undefined;
  for (let failures = 1; ; failures += 1) {
    try {
      const token = await session.accessToken(signal);
      const { messagingAddress } = await discover({ connectUrl, token, signal });
      return await attempt({ request, key, token, address: messagingAddress });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CecochatError)) throw error;
      if (error.code === 'unauthenticated' && !renewed) {
        renewed = true;
        await session.renew(signal);
        continue;
      }
      if (error.code === 'send.expired') {
        serverTime.note(Number(error.data['serverTimeMs'] ?? 0));
        if (!mayReplaceKey) throw expired(error, serverTime.hint());
        key = newKey();
        mayReplaceKey = false;
        continue;
      }
      if (error.retry === 'never') throw error;
      mayReplaceKey = false;
      request.onWait?.(error);
      await clock.sleep(backoffMs(failures, random), signal);
    }
  }
}

function expired(cause: CecochatError, hint: string): CecochatError {
  return new CecochatError('send.expired', cause.message, { hint, data: cause.data, cause });
}

function attempt(one: { request: OneSend; key: string; token: string; address: string }): Promise<SendMessageResponse> {
  const { request, key, token, address } = one;
  const { to, content, clock, signal } = request;
  const client = new SendClient(address, credentials.createInsecure(), chatChannelOptions);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return new Promise<SendMessageResponse>((resolve, reject) => {
    const abort = (): void => call.cancel();
    const call = client.sendMessage(
      { to, chatId: '', content, key, previousKey: '', targetId: 0n },
      metadata,
      { deadline: clock.nowMs() + deadlineMs },
      (error, answer) => {
        signal.removeEventListener('abort', abort);
        client.close();
        if (error === null) resolve(answer);
        else reject(errorFromGrpc(error, `send to ${address}`));
      },
    );
    signal.addEventListener('abort', abort, { once: true });
  });
}
