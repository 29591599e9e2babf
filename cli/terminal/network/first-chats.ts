/**
 * The list of chats at the start, and from where to listen so that nothing between is missed. Goes on trying
 * while servers do not answer.
 */
import { parseDialog, partnerIn } from '../../../services/core/chat-id.ts';
import { CecochatError } from '../../../services/core/errors.ts';
import type { Random } from '../../../services/core/random.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { ChatSummary as WireSummary } from '../../../protos/gen/cecochat/v1/history.ts';
import { discover } from '../../client/discovery.ts';
import { createHistory } from '../../client/history.ts';
import { backoffMs } from '../../client/retry.ts';
import type { Session } from '../../client/session.ts';
import type { ChatSummary } from '../model/action.ts';
import { messageOf } from '../model/message.ts';

export interface FirstChatsRequest {
  readonly session: Session;
  readonly connectUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly lost: (reason: string) => void;
}

export interface FirstChats {
  readonly chats: readonly ChatSummary[];
  /** Of the first page: listen after it. */
  readonly watermark: Buffer;
}

const mostChats = 1_000;

export async function firstChats(request: FirstChatsRequest): Promise<FirstChats> {
  const { clock, random, signal, lost } = request;
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask(request);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CecochatError) || error.retry === 'never') throw error;
      lost(error.message);
      await clock.sleep(backoffMs(failures, random), signal);
    }
  }
}

async function ask({ session, connectUrl, clock, random, signal }: FirstChatsRequest): Promise<FirstChats> {
  const token = await session.accessToken(signal);
  const { historyAddress: address } = await discover({ connectUrl, token, signal });
  await using history = createHistory({ address, session, clock, random });
  const chats: ChatSummary[] = [];
  let watermark: Buffer | undefined;
  let before: bigint | undefined;
  for (;;) {
    const page = await history.chats({ ...(before === undefined ? {} : { before }), signal });
    watermark ??= page.watermark;
    chats.push(...page.chats.flatMap((chat) => summaryOf(chat, session)));
    before = page.chats.at(-1)?.lastMessage?.order;
    if (page.end || before === undefined || chats.length >= mostChats) return { chats, watermark };
  }
}

function summaryOf({ chatId, lastMessage, receipts }: WireSummary, session: Session): ChatSummary[] {
  const dialog = parseDialog(chatId);
  const partnerId = dialog === undefined ? undefined : partnerIn(dialog, session.userId);
  if (partnerId === undefined) return [];
  return [{ chatId, partnerId, last: lastMessage === undefined ? undefined : messageOf(lastMessage), receipts }];
}
