/**
 * The records of a partition, as the rules see them (design: "How a message travels"). Their wire form is
 * services/backplane/codec.ts. Offsets, terms and sequences are safe integers; ids are int64.
 */
import type { ClientId, MessageId, SendKey, UserId } from '../ids.ts';

/** Who may append own records to a partition. */
export interface Standing {
  readonly term: number;
  readonly server: string;
}

/** Header of an own record: appended by the owner, numbered 1, 2, 3 … under its term (its fence is 0). */
export interface Own extends Standing {
  readonly sequence: number;
}

/** Header of a derived record: follows from the source partition's log alone, so anyone may append it, any number of times. */
export interface Source {
  readonly partition: number;
  readonly incarnation: string;
  readonly offset: number;
  /** Offset of the source's preceding valid record for this target; -1 for none. */
  readonly prev: number;
  /** The source's log holds nothing earlier for this target: a target that knows no chain may start here. */
  readonly first: boolean;
}

export interface Fence {
  readonly kind: 'fence';
  readonly own: Own;
  /** Names the incarnation when the partition has none yet (a UUIDv7: a later incarnation compares greater). */
  readonly incarnation: string;
}

export interface Sent {
  readonly kind: 'sent';
  readonly own: Own;
  readonly messageId: MessageId;
  readonly senderId: UserId;
  readonly key: SendKey;
  readonly clientId: ClientId;
  /** Whose feeds in this partition it belongs to. */
  readonly owners: readonly UserId[];
  /** Receivers who live elsewhere: their partitions are the targets. */
  readonly receivers: readonly UserId[];
  /** cecochat.v1.Message, encoded once. */
  readonly message: Uint8Array;
}

export interface Confirmed {
  readonly kind: 'confirmed';
  readonly own: Own;
  readonly owners: readonly UserId[];
  readonly receivers: readonly UserId[];
  /** cecochat.v1.Receipt, encoded. */
  readonly receipt: Uint8Array;
}

export interface Relayed {
  readonly kind: 'relayed';
  readonly own: Own;
  /** Every valid record below this offset has been cleanly answered by all its targets. */
  readonly offset: number;
}

export interface Mark {
  readonly kind: 'mark';
  readonly own: Own;
  /** `state` is the state before the record at this offset. True even when the mark itself is void. */
  readonly asOf: number;
  readonly state: PartitionState;
  /** So that a take-over need not read ten minutes of sends; undefined in Marks that do not carry it. */
  readonly keys: MarkedKeys | undefined;
}

/** The keys of valid sends below a Mark's `asOf`, in pieces: each Mark has one and names the Mark with the one before. */
export interface MarkedKeys {
  /** `accepted` has every valid send at or above this offset and below `asOf`, in offset order. */
  readonly from: number;
  /** Every key of a valid send below `from` was made before this time (milliseconds since 1970); 0: there is none. */
  readonly beforeMs: number;
  /** Offset of a Mark with `asOf` = `from`; -1: none is known. */
  readonly earlier: number;
  readonly accepted: readonly AcceptedKey[];
}

export interface AcceptedKey {
  readonly key: SendKey;
  readonly senderId: UserId;
  readonly messageId: MessageId;
  /** Of its Sent. */
  readonly offset: number;
}

export interface Received {
  readonly kind: 'received';
  readonly source: Source;
  readonly messageId: MessageId;
  readonly owners: readonly UserId[];
  readonly message: Uint8Array;
}

export interface Receipt {
  readonly kind: 'receipt';
  readonly source: Source;
  readonly owners: readonly UserId[];
  readonly receipt: Uint8Array;
}

/** Appended to a source partition by who misses records of it: derive again for `target` from after `after`. */
export interface Behind {
  readonly kind: 'behind';
  readonly target: number;
  /** Last source offset that the target has; -1 for none. */
  readonly after: number;
}

/** Appended to a target: `source.prev` is the last record there should be. Uncovers a lost last record. */
export interface Tip {
  readonly kind: 'tip';
  readonly source: Source;
}

/** Of a kind that this version does not know: void, kept, passed over. */
export interface Unknown {
  readonly kind: 'unknown';
}

export type OwnRecord = Fence | Sent | Confirmed | Relayed | Mark;
export type DerivedRecord = Received | Receipt;
export type LogRecord = OwnRecord | DerivedRecord | Behind | Tip | Unknown;

/** Everything that validity depends on. Immutable to whoever reads it; `fold` alone makes new ones. */
export interface PartitionState {
  /** Empty until the first valid fence names it. */
  readonly incarnation: string;
  readonly term: number;
  readonly server: string;
  /** Last valid sequence under the standing term. */
  readonly sequence: number;
  /** Highest message id of any valid record; 0n for none. */
  readonly highestId: bigint;
  /** From the last valid Relayed; 0 for none. */
  readonly relayed: number;
  /** Last accepted offset by source partition. */
  readonly accepted: ReadonlyMap<number, { readonly incarnation: string; readonly offset: number }>;
  /** Offset of the last valid record here for each target partition. */
  readonly derived: ReadonlyMap<number, number>;
}

/** valid = exists for users; repeat = already counted; void = of a stale owner or unknown; ahead = something before it is missing. */
export type Verdict = 'valid' | 'repeat' | 'void' | 'ahead';

/** Where something stands in a partition. Clients get it as an opaque cursor. */
export interface Position {
  readonly incarnation: string;
  readonly offset: number;
}
