/**
 * The four questions to history. Each call renews the token when the server asks for it, and is tried again
 * a few times when the error's retry rule allows, for longer when history is only not ready yet.
 */
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  HistoryClient,
  type GetByKeyResponse,
  type GetChatsResponse,
  type GetDialogHistoryResponse,
  type GetUserHistoryResponse,
} from '../../protos/gen/cecochat/v1/history.ts';
import { CecochatError } from '../../services/core/errors.ts';
import type { Random } from '../../services/core/random.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { chatChannelOptions } from './connection.ts';
import { errorFromGrpc } from './errors-from-grpc.ts';
import { backoffMs } from './retry.ts';
import type { Session } from './session.ts';

export interface History extends AsyncDisposable {
  /** The user's whole feed, newest first; `before` is a cursor, exclusive. */
  user(query: { before?: Buffer; limit?: number; signal?: AbortSignal }): Promise<GetUserHistoryResponse>;
  /** One chat, newest first; `before` is an order, exclusive. */
  dialog(query: {
    chatId: string;
    before?: bigint;
    limit?: number;
    signal?: AbortSignal;
  }): Promise<GetDialogHistoryResponse>;
  byKey(query: { key: string; position?: Buffer; signal?: AbortSignal }): Promise<GetByKeyResponse>;
  chats(query: { before?: bigint; limit?: number; signal?: AbortSignal }): Promise<GetChatsResponse>;
}

export interface HistoryDependencies {
  readonly address: string;
  readonly session: Session;
  readonly clock: Clock;
  readonly random: Random;
}

type Ask<T> = (
  client: HistoryClient,
  call: { metadata: Metadata; options: { deadline: number }; done: (error: ServiceError | null, answer: T) => void },
) => { cancel(): void };

const deadlineMs = 10_000;
const attempts = 4;
/** About ten seconds: history follows a little behind a stack, or a partition, that has just started. */
const notReadyAttempts = 25;
const none = Buffer.alloc(0);

export function createHistory(dependencies: HistoryDependencies): History {
  const { address, session, clock, random } = dependencies;
  const client = new HistoryClient(address, credentials.createInsecure(), chatChannelOptions);

  const once = async <T>(ask: Ask<T>, signal: AbortSignal | undefined): Promise<T> => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await session.accessToken(signal)}`);
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => call.cancel();
      const call = ask(client, {
        metadata,
        options: { deadline: clock.nowMs() + deadlineMs },
        done(error, answer) {
          signal?.removeEventListener('abort', abort);
          if (error === null) resolve(answer);
          else reject(signal?.aborted === true ? signal.reason : errorFromGrpc(error, `history at ${address}`));
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  };
  const asked = async <T>(ask: Ask<T>, signal: AbortSignal | undefined): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(ask, signal);
      } catch (error) {
        if (!(error instanceof CecochatError)) throw error;
        if (attempt >= (error.code === 'server.not_ready' ? notReadyAttempts : attempts)) throw error;
        if (error.code === 'unauthenticated' && attempt === 1) await session.renew(signal);
        else if (error.retry === 'never') throw error;
        await clock.sleep(backoffMs(attempt, random), signal);
      }
    }
  };

  return {
    user: ({ before = none, limit = 0, signal }) =>
      asked(
        (api, { metadata, options, done }) => api.getUserHistory({ before, limit }, metadata, options, done),
        signal,
      ),
    dialog: ({ chatId, before = 0n, limit = 0, signal }) =>
      asked(
        (api, { metadata, options, done }) =>
          api.getDialogHistory({ chatId, with: 0n, before, limit }, metadata, options, done),
        signal,
      ),
    byKey: ({ key, position = none, signal }) =>
      asked((api, { metadata, options, done }) => api.getByKey({ key, position }, metadata, options, done), signal),
    chats: ({ before = 0n, limit = 0, signal }) =>
      asked((api, { metadata, options, done }) => api.getChats({ before, limit }, metadata, options, done), signal),
    [Symbol.asyncDispose]() {
      client.close();
      return Promise.resolve();
    },
  };
}
