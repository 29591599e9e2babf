/**
 * `wait`: blocks until every server of a stack is ready. Exit code 4 when that took too long.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { inspectContainers, isContainerWell } from '../stack/docker/inspect-containers.ts';
import { inspectStack } from '../stack/inspect-stack.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, durationFlag, stackOption } from './options.ts';
import { nameArgument } from './stack-text.ts';
import { statusResult } from './status.ts';

interface WaitOptions {
  readonly name: string;
  readonly timeout: number;
}

const pollMs = 100;

export const waitCommand: CommandModule = {
  define(command, run) {
    command
      .description('Block until every server of a stack is ready, also of one that is not started yet.')
      .addOption(stackOption())
      .addOption(durationFlag('--timeout <duration>', 'give up after this', { min: 0, defaultMs: 60_000 }))
      .action((options: WaitOptions) => run((invocation) => waitForStack(invocation, options)));
    addExamples(command, [['cecochat wait --timeout 10s && cecochat smoke', 'go on as soon as it is ready']]);
  },
};

async function waitForStack(invocation: Invocation, { name, timeout }: WaitOptions): Promise<CommandResult> {
  const { clock, signal } = invocation.environment;
  const endMs = clock.monotonicMs() + timeout;
  for (;;) {
    const found = await inspectStack(invocation.environment, name);
    if (found.condition === 'ready') {
      const { containers } = await inspectContainers(invocation.environment, name);
      if (containers.every(isContainerWell)) {
        return statusResult(invocation, found, { others: [], deadLetters: undefined, containers });
      }
    }
    if (clock.monotonicMs() >= endMs) {
      const failure = new CecochatError(
        'timed.out',
        `stack "${name}" is ${found.condition} after waiting ${timeout} ms`,
        {
          hint: `cecochat status${nameArgument(name)}`,
        },
      );
      return { ...statusResult(invocation, found), failure };
    }
    await clock.sleep(Math.min(pollMs, Math.max(1, endMs - clock.monotonicMs())), signal);
  }
}
