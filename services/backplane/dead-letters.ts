/**
 * Records of the log that history can never have, set aside with the reason so that their partition goes on
 * (decision 0005). Shared by all who open the backplane. Error: engine.unavailable (try again).
 */
import type { Position } from '../core/log/record.ts';
import type { ReadLimits } from './backplane.ts';

/** Which record of the log. */
export interface DeadLetterPlace {
  readonly partition: number;
  readonly position: Position;
}

export interface DeadLetter extends DeadLetterPlace {
  /** Why history does not have it, for people. */
  readonly reason: string;
  /** When it was set aside, milliseconds since 1970. */
  readonly atMs: number;
  /** The record as it stands in the log; retention may remove it there. */
  readonly value: Uint8Array;
}

export interface DeadLetters {
  /** Each takes the place of an earlier one of the same record. Resolves when all are as durable as appends are. */
  put(letters: readonly DeadLetter[]): Promise<void>;
  /** By partition, incarnation and offset; `after` is exclusive. None at the end, at least one otherwise. */
  list(after: DeadLetterPlace | undefined, limits: ReadLimits): Promise<readonly DeadLetter[]>;
  get(place: DeadLetterPlace): Promise<DeadLetter | undefined>;
  /** Those that are not there are passed over. Resolves when it is durable. */
  remove(places: readonly DeadLetterPlace[]): Promise<void>;
  count(): Promise<number>;
}

export function compareDeadLetters(one: DeadLetterPlace, other: DeadLetterPlace): number {
  if (one.partition !== other.partition) return one.partition - other.partition;
  const [first, second] = [one.position.incarnation, other.position.incarnation];
  if (first !== second) return first < second ? -1 : 1;
  return one.position.offset - other.position.offset;
}
