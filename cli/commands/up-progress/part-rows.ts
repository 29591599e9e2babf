/**
 * What is known of each part while `up` works, from the reports so far. Pure.
 */
import { isDone, type PartReport, type PartStep, type PullProgress } from '../../stack/part-report.ts';

export interface PartRow {
  readonly part: string;
  readonly step: PartStep | 'failed';
  readonly detail: string;
  readonly pull: PullProgress | undefined;
  /** When it got to this step; milliseconds since `up` began. */
  readonly sinceMs: number;
  /** When it got to its first step after waiting. */
  readonly beganMs: number | undefined;
}

/** In the order in which the parts were first told of. */
export function withReport(rows: readonly PartRow[], report: PartReport): readonly PartRow[] {
  const before = rows.find(({ part }) => part === report.part);
  const { part, step, detail, pull, atMs } = report;
  const row: PartRow = {
    part,
    step,
    detail,
    pull,
    sinceMs: before?.step === step ? before.sinceMs : atMs,
    beganMs: before?.beganMs ?? (step === 'wait' || step === 'keep' ? undefined : atMs),
  };
  return before === undefined ? [...rows, row] : rows.map((each) => (each === before ? row : each));
}

/** The part that an error is about, or else all that were still at work. */
export function withFailure(rows: readonly PartRow[], part: string | undefined, atMs: number): readonly PartRow[] {
  const isKnown = rows.some((row) => row.part === part);
  return rows.map((row) => {
    const isIt = isKnown ? row.part === part : !isDone(row.step) && row.step !== 'wait';
    return isIt ? { ...row, step: 'failed', pull: undefined, sinceMs: atMs } : row;
  });
}
