/**
 * What the work of a messaging server looks like from outside: a state machine without I/O, time or chance
 * of its own. Every method returns at once; effects go out through OwnerPorts, answers come back as calls.
 * So the seeded simulation drives exactly the code that runs in production.
 */
import type { ChatId } from '../core/chat-id.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ClientId, MessageId, SendKey, UserId } from '../core/ids.ts';
import type { LogRecord, PartitionState, Position } from '../core/log/record.ts';

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

export interface OwnerPorts {
  /** One batch for one partition; never two at a time for the same one. Answer with `answered`, also when it failed. */
  append(partition: number, records: readonly LogRecord[], flight: number): void;
  /** Answer with `granted`. Requests made in one turn may share a term. */
  requestTerm(partition: number, above: number): void;
  /** Owned = accepts sends; ended = follow it no longer (fenced by another, or released on request). */
  standing(partition: number, standing: 'owned' | 'ended', why: string): void;
  feed(partition: number, incarnation: string, entries: readonly FeedEntry[]): void;
  /** Nothing below this offset is needed by this owner any more. */
  protect(partition: number, from: number): void;
  /** `target` misses what this partition derived for it; answer with `rederive`, from offset `after + 1` of `source`. */
  reread(source: number, target: number, after: number): void;
}

export interface Owner {
  /** Starts a take-over: folds from `state`, which is the state before offset `from`; fences once it has folded up to `end`. */
  takeOver(partition: number, start: { from: number; state: PartitionState; end: number }): void;
  granted(partition: number, term: number): void;
  /** Records as the log has them, in offset order, without a gap in what was read. */
  records(partition: number, records: readonly { readonly offset: number; readonly record: LogRecord }[]): void;
  answered(
    partition: number,
    flight: number,
    answer: { partition: number; baseOffset: number } | { error: unknown },
  ): void;
  /** Stops accepting; finishes its appends, writes Relayed and Mark, then reports 'ended'. */
  release(partition: number): void;
  send(command: SendCommand): void;
  confirm(command: ConfirmCommand): void;
  /** Drives every timeout; call it at least ten times a second. */
  tick(): void;
}
