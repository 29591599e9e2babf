/**
 * The materialize server's process and the rows it wrote: the real fold into rows, at a slow pace, killed
 * before and after its writes.
 */
import { parseDialog } from '../../core/chat-id.ts';
import { emptyState } from '../../core/log/fold.ts';
import { parseClientId, parseMessageId, parseSendKey, parseUserId, type SendKey, type UserId } from '../../core/ids.ts';
import { randomInt } from '../../core/random.ts';
import type { HistoryRow, Watermark } from '../../history-db/history-db.ts';
import { materialize, type PayloadDecoders } from '../../materialize/materialize.ts';
import type { World } from './sim-world.ts';

export interface SimHistory {
  /** A user's rows by position. */
  rows(user: UserId): readonly HistoryRow[];
  byKey(query: { partition: number; user: UserId; key: SendKey }): { message: bigint | undefined; watermark: number };
}

type Head = NonNullable<ReturnType<PayloadDecoders['message']>>;

const heads = new WeakMap<Uint8Array, Head>();

/** The simulation's messages are texts: id|chat|sender|client|key|number. */
export const simDecoders: PayloadDecoders = {
  message(bytes) {
    const known = heads.get(bytes) ?? readHead(bytes);
    if (known !== undefined) heads.set(bytes, known);
    return known;
  },
  receipt: () => undefined,
};

/** Which of its sender's messages to the chat it is. */
export function numberOf(message: Uint8Array): number {
  return Number(Buffer.from(message).toString().split('|')[5]);
}

function readHead(bytes: Uint8Array): Head | undefined {
  const [id = '', chat = '', sender = '', client = '', keyText = ''] = Buffer.from(bytes).toString().split('|');
  const messageId = parseMessageId(id);
  const chatId = parseDialog(chat)?.chatId;
  const senderId = parseUserId(sender);
  const clientId = parseClientId(client);
  const key = parseSendKey(keyText);
  if (messageId === undefined || chatId === undefined || senderId === undefined) return undefined;
  if (clientId === undefined || key === undefined) return undefined;
  return { messageId, order: messageId, chatId, senderId, clientId, key };
}

export function createSimHistory(world: World): SimHistory {
  const rows = new Map<UserId, Map<number, HistoryRow>>();
  const watermarks = new Map<number, Watermark>();

  function step(partition: number): void {
    const log = world.logs[partition] ?? [];
    const busy = world.busy();
    const waitMs = busy ? world.between(20, world.chance(0.05) ? 4000 : 300) : 20_000;
    world.scheduler.after(waitMs, () => step(partition));
    const watermark = watermarks.get(partition);
    const from = watermark?.next.offset ?? 0;
    const records = log.slice(from, from + 1 + randomInt(world.random, busy ? 40 : 10_000));
    if (records.length === 0) return;
    const { partitionCount, mutant } = world;
    const state = watermark?.state ?? emptyState;
    const rules = mutant.createFold === undefined ? {} : { createFold: mutant.createFold };
    const batch = materialize({ partition, partitionCount, state, records, decode: simDecoders, ...rules });
    if (world.chance(world.faultiness() / 4)) return;
    for (const row of batch.rows) {
      const own = rows.get(row.owner) ?? new Map<number, HistoryRow>();
      rows.set(row.owner, own);
      own.set(row.position.offset, row);
    }
    // Killed between the rows and their watermark.
    if (world.chance(world.faultiness() / 4)) return;
    watermarks.set(partition, batch.watermark);
  }

  for (let partition = 0; partition < world.partitionCount; partition += 1)
    world.scheduler.after(world.between(0, 300), () => step(partition));

  return {
    rows: (user) => [...(rows.get(user)?.values() ?? [])].toSorted((a, b) => a.position.offset - b.position.offset),
    byKey({ partition, user, key }) {
      for (const row of rows.get(user)?.values() ?? [])
        if (row.kind === 'message' && row.key === key && row.senderId === user)
          return { message: row.messageId, watermark: watermarks.get(partition)?.next.offset ?? 0 };
      return { message: undefined, watermark: watermarks.get(partition)?.next.offset ?? 0 };
    },
  };
}
