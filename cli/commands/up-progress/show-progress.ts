/**
 * Shows the reports of `up`: on a terminal as a table that is redrawn, with `--json` as events, elsewhere as one line
 * for each change.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { isDone, type PartReport, type Report } from '../../stack/part-report.ts';
import type { Invocation } from '../command.ts';
import { partFrame, pullText } from './part-frame.ts';
import { withFailure, withReport, type PartRow } from './part-rows.ts';

export interface UpProgress {
  readonly report: Report;
  /** The parts that are not ready and what they were at: "kafka: health, servers: wait". */
  unfinished(): string;
  /** The table stays as it is at the end; a failed part is marked in it. */
  end(error?: unknown): void;
}

export interface ProgressOptions {
  /** Whether lines are worth their place where there is no table: not for engines that are up at once. */
  readonly hasLines: boolean;
}

export function showProgress({ environment, output }: Invocation, { hasLines }: ProgressOptions): UpProgress {
  const { clock } = environment;
  const beganMs = clock.monotonicMs();
  const passedMs = (): number => Math.round(clock.monotonicMs() - beganMs);
  let rows: readonly PartRow[] = [];
  const table = output.live((size) => partFrame(rows, passedMs(), size));
  const printLine = table === undefined && hasLines ? linePrinter((line) => output.progress(line)) : () => undefined;
  return {
    report: (one) => {
      const report = { ...one, atMs: passedMs() };
      // What concerns all parts is no row of its own.
      if (report.part !== 'stack') rows = withReport(rows, report);
      else if (table !== undefined) output.progress(report.detail);
      printLine(report);
      void output.event({ event: 'provision', data: report });
    },
    unfinished: () =>
      rows
        .filter(({ step }) => !isDone(step))
        .map(({ part, step }) => `${part}: ${step}`)
        .join(', '),
    end: (error) => {
      const expected = error instanceof CecochatError ? error : undefined;
      if (error !== undefined && expected?.code !== 'interrupted') {
        rows = withFailure(rows, expected?.data['part'], passedMs());
      }
      table?.close();
    },
  };
}

/** Of an image that is fetched, every tenth. */
function linePrinter(print: (line: string) => void): (report: PartReport) => void {
  const tenths = new Map<string, number>();
  return (report) => {
    const { part, step, pull } = report;
    if (step === 'wait' || step === 'keep' || step === 'health' || step === 'seed') return;
    if (pull !== undefined) {
      const tenth = Math.floor(pull.percent / 10);
      if (tenth <= (tenths.get(part) ?? 0)) return;
      tenths.set(part, tenth);
    }
    print(lineOf(report));
  };
}

/** "  12.3 s  kafka      pull     apache/kafka:4.3.1: 120 MiB of 310 MiB" */
function lineOf({ part, step, atMs, detail, pull }: PartReport): string {
  const bytes = pull === undefined ? '' : `: ${pullText(pull)}`;
  const time = (atMs / 1000).toFixed(1).padStart(6);
  return `${time} s  ${part.padEnd(13)}  ${step.padEnd(7)}  ${detail}${bytes}`.trimEnd();
}
