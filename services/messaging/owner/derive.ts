/**
 * What follows from a source's valid record for its target partitions.
 */
import type { UserId } from '../../core/ids.ts';
import { partitionOf } from '../../core/partitioning.ts';
import { targetsOf, type Place } from '../../core/log/fold.ts';
import type { Confirmed, DerivedRecord, PartitionState, Sent, Source } from '../../core/log/record.ts';

export interface Derivation {
  readonly target: number;
  /** Offset of the preceding valid record for this target; -1 for none. */
  readonly prev: number;
}

/** Ask before the record is applied to `state`, which knows the preceding ones. */
export function derivationsOf(record: Sent | Confirmed, state: PartitionState, place: Place): readonly Derivation[] {
  if (record.receivers.length === 0) return [];
  return targetsOf(record.receivers, place).map((target) => ({ target, prev: state.derived.get(target) ?? -1 }));
}

export function deriveRecord(record: Sent | Confirmed, source: Source, to: Place): DerivedRecord {
  const owners = ownersIn(record.receivers, to);
  return record.kind === 'sent'
    ? { kind: 'received', source, messageId: record.messageId, owners, message: record.message }
    : { kind: 'receipt', source, owners, receipt: record.receipt };
}

/** Whose feeds in this partition, the actor's own, a record belongs to, and who else receives it elsewhere. */
export function splitByPlace(
  actor: UserId,
  others: readonly UserId[],
  { partition, partitionCount }: Place,
): { readonly owners: readonly UserId[]; readonly receivers: readonly UserId[] } {
  const here = others.filter((user) => user !== actor && partitionOf(user, partitionCount) === partition);
  const receivers = others.filter((user) => partitionOf(user, partitionCount) !== partition);
  return { owners: [actor, ...here], receivers };
}

function ownersIn(receivers: readonly UserId[], { partition, partitionCount }: Place): readonly UserId[] {
  return receivers.filter((receiver) => partitionOf(receiver, partitionCount) === partition);
}
