/**
 * Runs named steps one after another, each with its time; after a failure the rest is skipped.
 */
import { asError } from '../../../services/core/thrown.ts';
import type { Clock } from '../../../services/core/time/clock.ts';

export interface StepReport {
  readonly name: string;
  readonly outcome: 'ok' | 'failed' | 'skipped';
  readonly tookMs: number;
  /** What was seen, or why it failed. */
  readonly detail: string;
}

export interface Step {
  readonly name: string;
  /** Resolves with what was seen, in words. */
  readonly work: (signal: AbortSignal) => Promise<string>;
}

export interface StepsOutcome {
  readonly reports: StepReport[];
  readonly failure: Error | undefined;
}

/** `signal` ends the steps as a whole; what it aborts with is thrown. */
export async function runSteps(request: {
  readonly steps: readonly Step[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: (report: StepReport) => Promise<void>;
}): Promise<StepsOutcome> {
  const { steps, clock, signal } = request;
  const reports: StepReport[] = [];
  let failure: Error | undefined;
  for (const { name, work } of steps) {
    const startMs = clock.monotonicMs();
    const took = (): number => Math.round((clock.monotonicMs() - startMs) * 10) / 10;
    let report: StepReport;
    try {
      report =
        failure === undefined
          ? { name, outcome: 'ok', detail: await work(signal), tookMs: took() }
          : { name, outcome: 'skipped', detail: '', tookMs: 0 };
    } catch (error) {
      failure = asError(error);
      report = { name, outcome: 'failed', detail: failure.message, tookMs: took() };
    }
    reports.push(report);
    await request.report(report);
  }
  return { reports, failure };
}
