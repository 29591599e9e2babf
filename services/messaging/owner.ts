/**
 * What the work of a messaging server looks like from outside: a state machine without I/O, time or chance
 * of its own. Every method returns at once; effects go out through OwnerPorts, answers come back as calls.
 * So the seeded simulation drives exactly the code that runs in production.
 */
import type { ChatId } from '../core/chat-id.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ClientId, MessageId, SendKey, UserId } from '../core/ids.ts';
import type { createFold, LogEntry } from '../core/log/fold.ts';
import type { TakeOverStart } from '../core/log/take-over.ts';
import type { MarkSizes } from './owner/marked-keys.ts';
import type { LogRecord, PartitionState, Position } from '../core/log/record.ts';
import type { MessageIds } from '../core/message-id.ts';
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';

export interface SendCommand {
  readonly senderId: UserId;
  readonly clientId: ClientId;
  readonly key: SendKey;
  readonly previousKey: SendKey | undefined;
  readonly chatId: ChatId;
  /** The chat's other members. */
  readonly receivers: readonly UserId[];
  /** Encodes the cecochat.v1.Message once its id is known. Called at most once, synchronously. */
  readonly encode: (messageId: MessageId) => Uint8Array;
  /** Called exactly once, possibly before `send` returns. */
  readonly done: (outcome: SendOutcome) => void;
}

export type SendOutcome =
  /** `repeated`: a known key; otherwise the record's own place in the feed answers it as well. */
  | {
      readonly kind: 'accepted';
      readonly messageId: MessageId;
      readonly position: Position;
      readonly repeated: boolean;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string; readonly position?: Position };

export interface ConfirmCommand {
  readonly readerId: UserId;
  readonly chatId: ChatId;
  readonly senderId: UserId;
  /** 0n for nothing. */
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
}

/** A valid record that concerns users of this partition and may be shown to them, in offset order. */
export interface FeedEntry {
  readonly offset: number;
  readonly record: Extract<LogRecord, { kind: 'sent' | 'confirmed' | 'received' | 'receipt' }>;
}

/** The fields of a cecochat.v1.Receipt. */
export interface ReceiptFields {
  readonly chatId: string;
  readonly readerId: bigint;
  readonly senderId: bigint;
  readonly deliveredUpTo: bigint;
  readonly seenUpTo: bigint;
}

export interface OwnerPorts {
  /** One batch for one partition; never two at a time for the same one. Answer with `answered`, also when it failed. */
  append(partition: number, records: readonly LogRecord[], flight: number): void;
  /** Answer with `granted`. Requests made in one turn may share a term. When it fails: `end`, and take over again later. */
  requestTerm(partition: number, above: number): void;
  /** It accepts sends from now on. `position` is its fence: `feed` brings everything above it, the log has what is below. */
  owned(partition: number, position: Position): void;
  /** Follow it no longer: fenced by another, released, or `end`ed. Take over again if it is still assigned to this server. */
  ended(partition: number, why: string): void;
  feed(partition: number, incarnation: string, entries: readonly FeedEntry[]): void;
  /** Nothing below this offset is needed by this owner any more. */
  protect(partition: number, from: number): void;
  /** `target` misses what `source` derived for it; answer with `rederive`. */
  reread(source: number, target: number, after: number): void;
}

/** Where to start a reread: `findStart` in core/log makes it. */
export interface FoldStart {
  readonly from: number;
  /** Before the record at `from`. */
  readonly state: PartitionState;
}

export interface Reread extends FoldStart {
  readonly source: number;
  readonly target: number;
  readonly after: number;
  /** From `from` on, at least up to `after + 1` when the log has that; a few thousand at most: the owner asks again for more. */
  readonly records: readonly LogEntry[];
}

export interface OwnerDependencies {
  readonly server: string;
  readonly partitionCount: number;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly random: Random;
  readonly ids: MessageIds;
  /** Encodes a cecochat.v1.Receipt; `services/backplane/payloads.ts` has it. */
  readonly encodeReceipt: (receipt: ReceiptFields) => Uint8Array;
  readonly ports: OwnerPorts;
  /** Runs `work` after the present turn (setImmediate, say), so that what arrives together is appended together. */
  readonly defer: (work: () => void) => void;
  /** The rules; core's own unless told otherwise. */
  readonly createFold?: typeof createFold;
  /** When Marks are due, and how large they are; what is usual unless told otherwise. */
  readonly markSizes?: MarkSizes;
}

/** Made by createOwner in ./create-owner.ts. */
export interface Owner {
  /** Follows the partition from `start`, which `findTakeOverStart` in core/log makes; give it the records from `start.from` on with `records`. */
  takeOver(partition: number, start: TakeOverStart): void;
  granted(partition: number, term: number): void;
  /** Records as the log has them, in offset order, without a gap in what was read. */
  records(partition: number, records: readonly LogEntry[]): void;
  answered(
    partition: number,
    flight: number,
    answer: { partition: number; baseOffset: number } | { error: unknown },
  ): void;
  rederive(reread: Reread): void;
  /** Stops accepting; finishes its appends, writes Relayed and Mark, then reports 'ended'. */
  release(partition: number): void;
  /** Stops at once and appends nothing more to it: the lease is lost, or the log cannot be read. Reports 'ended'. */
  end(partition: number, why: string): void;
  send(command: SendCommand): void;
  confirm(command: ConfirmCommand): void;
  /** Drives every timeout; call it at least ten times a second. */
  tick(): void;
}
