/** The logs of a schedule, for people: each record with what the rules say of it. */
import { createFold, emptyState } from '../../core/log/fold.ts';
import type { LogRecord } from '../../core/log/record.ts';
import type { World } from './sim-world.ts';

export function describeLogs({ logs, partitionCount }: World): readonly string[] {
  return logs.flatMap((log, partition) => {
    const fold = createFold(emptyState, { partition, partitionCount });
    return log.map((entry) => `${partition}/${entry.offset} ${fold.apply(entry)} ${describe(entry.record)}`);
  });
}

function describe(record: LogRecord): string {
  const own = 'own' in record ? ` ${record.own.server} term ${record.own.term} #${record.own.sequence}` : '';
  const source =
    'source' in record
      ? ` from ${record.source.partition}/${record.source.offset} prev ${record.source.prev}${record.source.first ? ' first' : ''}`
      : '';
  const more = [
    'receivers' in record ? ` to ${record.receivers.join(' ')}` : '',
    'messageId' in record ? ` ${record.messageId}` : '',
    record.kind === 'relayed' ? ` ${record.offset}` : '',
    record.kind === 'mark' ? ` as of ${record.asOf}, relayed ${record.state.relayed}` : '',
    record.kind === 'behind' ? ` target ${record.target} after ${record.after}` : '',
  ].join('');
  return `${record.kind}${own}${source}${more}`;
}
