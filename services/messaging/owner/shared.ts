/**
 * What the partitions of one owner have in common.
 */
import type { OwnerDependencies } from '../owner.ts';
import type { Appender } from './appender.ts';

export interface Shared extends OwnerDependencies {
  appender(partition: number): Appender;
  /** Highest id folded from any partition of this owner: new ids lie above it. */
  highestId(): bigint;
  noteId(id: bigint): void;
}
