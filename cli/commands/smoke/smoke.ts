/**
 * `cecochat smoke`: is this stack working, end to end? Uses the running stack, or brings up one that is
 * thrown away afterwards.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { Command } from 'commander';
import { createScope } from '../../../services/core/lifecycle.ts';
import { findRunningStack, type StackAccess } from '../../stack/running-stack.ts';
import { startStack, stopStack } from '../../stack/stack-life.ts';
import { createDeadline } from '../chat-access/deadline.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, durationFlag, stackOption } from '../options.ts';
import { planJourney } from './journey.ts';
import { runSteps, type StepReport } from './step.ts';

interface SmokeOptions {
  readonly name: string;
  readonly throwAway?: boolean;
  /** That very stack, or none. */
  readonly isNamed?: boolean;
  readonly timeout: number;
}

export const smokeCommand: CommandModule = {
  define(command, run) {
    command
      .description('Check the whole journey of a message, step by step, with users made for it and removed after.')
      .option('--throw-away', 'bring up a stack for this alone, also when one is running')
      .addOption(durationFlag('--timeout <duration>', 'for everything together', { min: 1, defaultMs: 60_000 }))
      .addOption(stackOption())
      .action((options: SmokeOptions, own: Command) => {
        const isNamed = own.getOptionValueSource('name') === 'cli';
        return run((invocation) => smoke(invocation, { ...options, isNamed }));
      });
    addExamples(command, [
      ['cecochat smoke', 'check the running stack, or one that is thrown away afterwards'],
      ['cecochat smoke --throw-away --json', 'check this version of cecochat, for CI'],
      ['cecochat smoke --name second', 'check that stack; one that does not run is exit code 3'],
    ]);
  },
};

async function smoke(invocation: Invocation, options: SmokeOptions): Promise<CommandResult> {
  const { environment, output } = invocation;
  const { clock } = environment;
  const startMs = clock.monotonicMs();
  using deadline = createDeadline({
    clock,
    parent: environment.signal,
    timeoutMs: options.timeout,
    what: () => 'the smoke test did not end',
  });
  const { signal } = deadline;
  await using scope = createScope();
  let stack: StackAccess | undefined;
  let throwAway = false;
  const reports: StepReport[] = [];
  const report = async (one: StepReport): Promise<void> => {
    reports.push(one);
    await output.event({ event: 'step', data: one, text: stepLine(one, output.colours) });
  };
  const up = await runSteps({
    clock,
    signal,
    report,
    steps: [
      {
        name: 'stack',
        async work() {
          stack = options.throwAway === true ? undefined : await runningStack(invocation, options);
          if (stack !== undefined) return `"${stack.name}" is running`;
          const name = `smoke-${Buffer.from(environment.random.bytes(4)).toString('hex')}`;
          throwAway = true;
          scope.defer(async () => void (await stopStack(invocation, { name, timeoutMs: 10_000, deleteData: true })));
          stack = await startStack(invocation, { name, timeoutMs: options.timeout, portBase: 0, keep: false });
          return `"${name}" brought up, to be thrown away`;
        },
      },
    ],
  });
  let failure = up.failure;
  if (stack !== undefined && failure === undefined) {
    await using journey = planJourney(stack, environment);
    ({ failure } = await runSteps({ clock, signal, report, steps: journey.steps }));
  }
  environment.signal.throwIfAborted();
  const tookMs = Math.round(clock.monotonicMs() - startMs);
  const bad = reports.filter(({ outcome }) => outcome !== 'ok').length;
  return {
    data: { ok: failure === undefined, stack: stack?.name ?? options.name, throwAway, tookMs, steps: reports },
    text:
      failure === undefined
        ? `all ${reports.length} steps passed in ${(tookMs / 1000).toFixed(1)} s`
        : `${bad} of ${reports.length} steps failed or were skipped`,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Error: stack.not_running, when it was asked for by name. */
async function runningStack(
  { environment }: Invocation,
  { name, isNamed = false }: SmokeOptions,
): Promise<StackAccess | undefined> {
  try {
    return await findRunningStack(environment, name);
  } catch (error) {
    if (!isNamed && error instanceof CecochatError && error.code === 'stack.not_running') return undefined;
    throw error;
  }
}

function stepLine({ name, outcome, tookMs, detail }: StepReport, colours: Invocation['output']['colours']): string {
  const sign = { ok: colours.green('✓'), failed: colours.red('✗'), skipped: colours.dim('-') }[outcome];
  return `${sign} ${name.padEnd(14)} ${`${tookMs.toFixed(1)} ms`.padStart(10)}  ${colours.dim(detail)}`;
}
