/**
 * Partitions end by the hundred in one turn, most of them for one reason: one line of the log for each reason.
 */
import { formatRanges } from '../config-db/partition-ranges.ts';

export function createEndedReport(
  report: (level: 'info', fields: object, message: string) => void,
): (partition: number, why: string) => void {
  const ended = new Map<string, number[]>();
  const say = (): void => {
    for (const [why, partitions] of ended)
      report('info', { partitions: formatRanges(partitions), why }, 'partitions ended');
    ended.clear();
  };
  return (partition, why) => {
    if (ended.size === 0) setImmediate(say);
    const same = ended.get(why);
    if (same === undefined) ended.set(why, [partition]);
    else same.push(partition);
  };
}
