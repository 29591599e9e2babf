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

/** The part that an error is about; else the servers when they were at work, else all that were. */
export function withFailure(rows: readonly PartRow[], part: string | undefined, atMs: number): readonly PartRow[] {
  const atWork = rows.filter(({ step }) => !isDone(step) && step !== 'wait');
  const named = rows.filter((row) => row.part === part);
  const servers = atWork.filter((row) => row.part === 'servers');
  const failed = [named, servers, atWork].find((some) => some.length > 0) ?? [];
  return rows.map((row) => (failed.includes(row) ? { ...row, step: 'failed', pull: undefined, sinceMs: atMs } : row));
}
