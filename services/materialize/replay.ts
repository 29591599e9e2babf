/**
 * Dead letters for the administrator: what they are, and writing them into history after all. A replay makes the
 * rows of the record anew and moves no watermark; what history takes then is removed from the dead letters.
 */
import { decodeRecord } from '../backplane/codec.ts';
import type { DeadLetter, DeadLetterPlace, DeadLetters } from '../backplane/dead-letters.ts';
import { decodeMessageHead } from '../backplane/payloads.ts';
import { CecochatError } from '../core/errors.ts';
import type { HistoryBatch, HistoryDb } from '../history-db/history-db.ts';
import { RowsRefusedError } from '../history-db/refused-rows.ts';
import { formatPlace, parsePlace } from './letter-id.ts';
import { rowsOf, unreadableReason, type PayloadDecoders } from './materialize.ts';

export interface Refusal {
  readonly id: string;
  readonly reason: string;
}

export interface ReplayAnswer {
  /** How many are history now, and no dead letters any more. */
  readonly replayed: number;
  readonly refused: readonly Refusal[];
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined;
}

export interface DeadLetterPage {
  readonly letters: readonly DescribedLetter[];
  readonly total: number;
  readonly next: string | undefined;
}

/** What people and programs are told of one. */
export interface DescribedLetter {
  readonly id: string;
  readonly place: DeadLetterPlace;
  readonly reason: string;
  readonly atMs: number;
  readonly sizeBytes: number;
  /** Of the record. */
  readonly kind: string;
  /** Whose feeds it belongs to. */
  readonly owners: readonly bigint[];
  /** Of a message that can be read. */
  readonly message: { readonly messageId: bigint; readonly chatId: string; readonly senderId: bigint } | undefined;
}

export interface DeadLetterDesk {
  count(): Promise<number>;
  /** From `after` on, exclusive. Error: request.invalid. */
  list(after: string | undefined, limit: number): Promise<DeadLetterPage>;
  /** Errors: request.invalid, not.found (then none is replayed), engine.unavailable (all may be replayed again). */
  replay(ids: readonly string[]): Promise<ReplayAnswer>;
  /** The next ones from `after` on. */
  replayNext(after: string | undefined, limit: number): Promise<ReplayAnswer>;
}

export interface DeskDependencies {
  readonly deadLetters: DeadLetters;
  readonly historyDb: Pick<HistoryDb, 'write'>;
  readonly decode: PayloadDecoders;
}

/** Letters that are held in memory at a time. */
const mostBytes = 8 * 1024 * 1024;

export function createDeadLetterDesk({ deadLetters, historyDb, decode }: DeskDependencies): DeadLetterDesk {
  const page = (after: string | undefined, maxRecords: number): Promise<readonly DeadLetter[]> =>
    deadLetters.list(after === undefined ? undefined : placeIn(after), { maxRecords, maxBytes: mostBytes });

  const replayLetters = async (letters: readonly DeadLetter[]): Promise<readonly Refusal[]> => {
    const refused = new Map<string, string>();
    const batches = letters.flatMap((letter): readonly HistoryBatch[] => {
      const record = decodeRecord(letter.value);
      const rows = rowsOf(record, letter.position, decode);
      if (rows !== undefined) return [{ partition: letter.partition, rows }];
      refused.set(formatPlace(letter), unreadableReason(record));
      return [];
    });
    for (const { partition, row, reason } of await refusalOf(historyDb, batches)) {
      const id = formatPlace({ partition, position: row.position });
      refused.set(id, refused.get(id) ?? `history refuses: ${reason}`);
    }
    await deadLetters.remove(letters.filter((letter) => !refused.has(formatPlace(letter))));
    return [...refused].map(([id, reason]) => ({ id, reason }));
  };

  return {
    count: () => deadLetters.count(),
    async list(after, limit) {
      const [letters, total] = await Promise.all([page(after, limit), deadLetters.count()]);
      return { letters: letters.map(describe), total, next: lastOf(letters) };
    },
    async replay(ids) {
      let replayed = 0;
      const refused: Refusal[] = [];
      const places = [...new Set(ids)].map(placeIn);
      await Promise.all(places.map((place) => found(deadLetters, place)));
      for (const place of places) {
        // One at a time in memory; another process may have been first meanwhile.
        const letter = await deadLetters.get(place);
        const faults = letter === undefined ? [] : await replayLetters([letter]);
        refused.push(...faults);
        if (faults.length === 0) replayed += 1;
      }
      return { replayed, refused, next: undefined };
    },
    async replayNext(after, limit) {
      const letters = await page(after, limit);
      const refused = letters.length === 0 ? [] : await replayLetters(letters);
      return { replayed: letters.length - refused.length, refused, next: lastOf(letters) };
    },
  };
}

function lastOf(letters: readonly DeadLetter[]): string | undefined {
  const last = letters.at(-1);
  return last === undefined ? undefined : formatPlace(last);
}

function placeIn(id: string): DeadLetterPlace {
  const place = parsePlace(id);
  if (place !== undefined) return place;
  throw new CecochatError('request.invalid', `"${id.slice(0, 100)}" is no id of a dead letter`, {
    hint: 'cecochat dead-letters list',
  });
}

async function found(deadLetters: DeadLetters, place: DeadLetterPlace): Promise<void> {
  if ((await deadLetters.get(place)) !== undefined) return;
  throw new CecochatError('not.found', `there is no dead letter ${formatPlace(place)}`, {
    hint: 'cecochat dead-letters list; one that was replayed is none any more',
  });
}

async function refusalOf(
  historyDb: Pick<HistoryDb, 'write'>,
  batches: readonly HistoryBatch[],
): Promise<RowsRefusedError['rows']> {
  if (batches.length === 0) return [];
  try {
    await historyDb.write(batches);
    return [];
  } catch (error) {
    if (error instanceof RowsRefusedError) return error.rows;
    throw error;
  }
}

function describe(letter: DeadLetter): DescribedLetter {
  const { partition, position, reason, atMs, value } = letter;
  const record = decodeRecord(value);
  const head = 'message' in record ? decodeMessageHead(record.message) : undefined;
  const { messageId, chatId, senderId } = head ?? {};
  const message =
    messageId === undefined || chatId === undefined || senderId === undefined
      ? undefined
      : { messageId, chatId, senderId };
  const owners = 'owners' in record ? record.owners : [];
  const place = { partition, position };
  return { id: formatPlace(letter), place, reason, atMs, sizeBytes: value.length, kind: record.kind, owners, message };
}
