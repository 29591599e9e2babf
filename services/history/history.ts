/**
 * Answers questions about the past. The watermark is read before the rows: each record of the user's feed up to it
 * is in them. Errors: request.invalid, cursor.invalid, chat.forbidden, server.not_ready (nothing of the user's
 * partition has been turned into history yet).
 */
import type { DynamicConfig } from '../config-db/dynamic-config.ts';
import { dialogOf, parseDialog, partnerIn, type ChatId } from '../core/chat-id.ts';
import { CecochatError } from '../core/errors.ts';
import { isInt64Id, parseSendKey, parseUserId, type UserId } from '../core/ids.ts';
import { decodeCursor } from '../core/log/cursor.ts';
import type { Position } from '../core/log/record.ts';
import { partitionOf } from '../core/partitioning.ts';
import type { ChatRow, HistoryDb, HistoryRow, MessageRow } from '../history-db/history-db.ts';

export interface HistoryDependencies {
  readonly historyDb: Pick<HistoryDb, 'watermark' | 'userHistory' | 'dialogHistory' | 'byKey' | 'chats'>;
  readonly partitionCount: number;
  readonly config: () => Pick<DynamicConfig, 'userMessageCount' | 'dialogMessageCount'> | undefined;
}

export interface HistoryPage<T> {
  readonly rows: readonly T[];
  /** The last record of the user's feed that is surely in the rows. */
  readonly watermark: Position;
  readonly end: boolean;
}

export interface Found {
  readonly row: MessageRow | undefined;
  readonly watermark: Position;
  /** The answer cannot change any more. */
  readonly final: boolean;
}

export function createHistory(deps: HistoryDependencies) {
  const { historyDb } = deps;

  const watermarkOf = async (user: UserId): Promise<Position> => {
    const partition = partitionOf(user, deps.partitionCount);
    const watermark = await historyDb.watermark(partition);
    if (watermark === undefined || watermark.next.incarnation === '') {
      throw new CecochatError('server.not_ready', `the history of partition ${partition} is not there yet`, {
        hint: 'try again in a moment',
        data: { partition: String(partition) },
      });
    }
    return { incarnation: watermark.next.incarnation, offset: watermark.next.offset - 1 };
  };

  const limitOf = (asked: number, which: 'userMessageCount' | 'dialogMessageCount'): number => {
    const most = deps.config()?.[which];
    if (most === undefined) {
      throw new CecochatError('server.not_ready', 'the dynamic configuration is not read yet', {
        hint: 'try again in a moment',
      });
    }
    return asked === 0 ? most : Math.min(asked, most);
  };

  return {
    /** `before`: a cursor, or empty. */
    async userHistory(user: UserId, asked: { before: Uint8Array; limit: number }): Promise<HistoryPage<HistoryRow>> {
      const before = asked.before.length === 0 ? undefined : cursorOf(asked.before, 'before');
      const limit = limitOf(asked.limit, 'userMessageCount');
      const watermark = await watermarkOf(user);
      const query = { owner: user, limit };
      const page = await historyDb.userHistory(before === undefined ? query : { ...query, before });
      return { ...page, watermark };
    },

    /** The chat by its id, or by its other member. `before`: an order, 0n for the newest. */
    async dialogHistory(
      user: UserId,
      asked: { chatId: string; with: bigint; before: bigint; limit: number },
    ): Promise<HistoryPage<MessageRow>> {
      const chatId = chatOf(user, asked);
      const before = orderOf(asked.before);
      const limit = limitOf(asked.limit, 'dialogMessageCount');
      const watermark = await watermarkOf(user);
      const page = await historyDb.dialogHistory({ chatId, limit, ...before });
      return { ...page, watermark };
    },

    /** The message that a key of the user's own became. `position`: from send.expired, or empty. */
    async byKey(user: UserId, asked: { key: string; position: Uint8Array }): Promise<Found> {
      const key = parseSendKey(asked.key);
      if (key === undefined) throw invalid(`the key "${asked.key.slice(0, 60)}" is no UUIDv7 in lower case`);
      const position = asked.position.length === 0 ? undefined : cursorOf(asked.position, 'position');
      const watermark = await watermarkOf(user);
      const row = await historyDb.byKey({ senderId: user, key });
      return { row, watermark, final: row !== undefined || (position !== undefined && isPast(watermark, position)) };
    },

    /** `before`: an order, 0n for the most recent. */
    async chats(user: UserId, asked: { before: bigint; limit: number }): Promise<HistoryPage<ChatRow>> {
      const before = orderOf(asked.before);
      const limit = limitOf(asked.limit, 'userMessageCount');
      const watermark = await watermarkOf(user);
      const page = await historyDb.chats({ owner: user, limit, ...before });
      return { ...page, watermark };
    },
  };
}

export type History = ReturnType<typeof createHistory>;

/** A later incarnation's name compares greater. */
function isPast(watermark: Position, position: Position): boolean {
  if (watermark.incarnation !== position.incarnation) return watermark.incarnation > position.incarnation;
  return watermark.offset >= position.offset;
}

function chatOf(user: UserId, asked: { chatId: string; with: bigint }): ChatId {
  if (asked.chatId === '') {
    const other = parseUserId(asked.with);
    if (other === undefined) {
      throw invalid(asked.with === 0n ? 'neither a chat nor its other member is named' : `${asked.with} is no user id`);
    }
    const dialog = dialogOf(user, other);
    if (dialog === undefined) throw invalid('a user has no dialog with himself');
    return dialog.chatId;
  }
  const dialog = parseDialog(asked.chatId);
  if (dialog === undefined) {
    throw invalid(`the chat id "${asked.chatId.slice(0, 60)}" is not "<smaller user id>-<larger user id>"`);
  }
  const partner = partnerIn(dialog, user);
  if (partner === undefined) {
    throw new CecochatError('chat.forbidden', `user ${user} is not a member of chat ${dialog.chatId}`, {
      data: { chatId: dialog.chatId },
    });
  }
  if (asked.with !== 0n && asked.with !== partner) throw invalid(`user ${asked.with} is not in chat ${dialog.chatId}`);
  return dialog.chatId;
}

function orderOf(before: bigint): { before?: bigint } {
  if (before === 0n) return {};
  if (!isInt64Id(before)) throw invalid(`before is ${before}, which is no order of a message`);
  return { before };
}

function cursorOf(bytes: Uint8Array, name: string): Position {
  const position = decodeCursor(bytes);
  if (position !== undefined) return position;
  throw new CecochatError('cursor.invalid', `${name} has ${bytes.length} bytes that this chat never gave out`, {
    hint: 'give a cursor back as it came, or none',
  });
}

function invalid(message: string): CecochatError {
  return new CecochatError('request.invalid', message, { hint: 'see protos/cecochat/v1/history.proto' });
}
