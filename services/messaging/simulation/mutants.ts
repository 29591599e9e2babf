/**
 * Planted faults: each takes one rule away, and the simulation has to notice.
 */
import { createFold, type LogEntry } from '../../core/log/fold.ts';
import type { LogRecord, PartitionState } from '../../core/log/record.ts';
import type { Mutant } from './sim-world.ts';

/** A fold that sees each record as `change` makes it. */
function seeing(change: (record: LogRecord, state: PartitionState) => LogRecord): typeof createFold {
  return (start, place) => {
    const fold = createFold(start, place);
    return {
      state: fold.state,
      snapshot: () => fold.snapshot(),
      apply: ({ offset, record }: LogEntry) => fold.apply({ offset, record: change(record, fold.state) }),
    };
  };
}

const noFence = seeing((record, { term, server, sequence }) => {
  if (!('own' in record) || record.kind === 'fence') return record;
  const foreign = record.own.term !== term || record.own.server !== server;
  return foreign ? { ...record, own: { term, server, sequence: sequence + 1 } } : record;
});

const noSequence = seeing((record, { sequence }) =>
  'own' in record && record.kind !== 'fence' ? { ...record, own: { ...record.own, sequence: sequence + 1 } } : record,
);

const noChain = seeing((record) =>
  record.kind === 'received' || record.kind === 'receipt'
    ? { ...record, source: { ...record.source, first: true } }
    : record,
);

const anyRecordStarts = seeing((record, { accepted }) =>
  (record.kind === 'received' || record.kind === 'receipt') && !accepted.has(record.source.partition)
    ? { ...record, source: { ...record.source, first: true } }
    : record,
);

export const mutants = {
  'no fence': { createFold: noFence },
  'no sequence': { createFold: noSequence },
  'no chain': { createFold: noChain },
  'any record starts a chain': { createFold: anyRecordStarts },
  'no read back': { trustsAnswers: true },
  'two appends in flight': { twoInFlight: true },
  'no keys from marks': { takeOver: (start) => ({ ...start, keys: [] }) },
  'keys from one mark': { takeOver: (start) => ({ ...start, keys: start.mark?.keys.accepted ?? [] }) },
  'no tips for targets before the start': { takeOver: (start) => ({ ...start, usedFrom: Number.POSITIVE_INFINITY }) },
} as const satisfies Record<string, Mutant>;
