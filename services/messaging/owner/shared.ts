/**
 * What the partitions of one owner have in common.
 */
import type { createFold } from '../../core/log/fold.ts';
import type { OwnerDependencies } from '../owner.ts';
import type { Appender } from './appender.ts';
import type { MarkSizes } from './marked-keys.ts';

export interface Shared extends OwnerDependencies {
  readonly createFold: typeof createFold;
  readonly markSizes: MarkSizes;
  /** Of the tables of keys. */
  readonly keySeed: number;
  appender(partition: number): Appender;
  /** Those that there are. */
  appenders(): Iterable<Appender>;
  /** Highest id folded from any partition of this owner: new ids lie above it. */
  highestId(): bigint;
  noteId(id: bigint): void;
}
