/**
 * The shape of a command. The registry knows name and summary of each; the module is loaded only when its
 * command is called, so `--help` loads no driver. A module defines its options on commander and does its
 * work inside `run`, which makes results, errors, `--json` and exit codes the same everywhere.
 */
import type { Command } from 'commander';
import type { CommandOutput } from '../output/command-output.ts';
import type { Environment } from './environment.ts';

/** One row of the registry (cli/commands/registry.ts): static, imports nothing. */
export interface CommandEntry {
  readonly name: string;
  /** One line in `cecochat --help`. */
  readonly summary: string;
  readonly group: 'stack' | 'chat' | 'administration' | 'measuring' | 'other';
  readonly load: () => Promise<CommandModule>;
}

/**
 * ```
 * export const greetCommand: CommandModule = {
 *   define(command, run) {
 *     command
 *       .argument('<who>', 'whom to greet')
 *       .addOption(stackOption())
 *       .option('--times <count>', 'how often', integerOption({ min: 1, max: 9 }), 1)
 *       .action((who: string, options: GreetOptions) => run(({ environment, output }) => greet(...)));
 *     addExamples(command, [['cecochat greet bob', 'greet bob once']]);
 *   },
 * };
 * ```
 * `--json` is added to every command that has an action. Subcommands (`config get`) are defined with
 * `command.command('get')`; their envelope's `command` is "config get".
 */
export interface CommandModule {
  define(command: Command, run: RunCommand): void;
}

/** What the work of a command gets. */
export interface Invocation {
  readonly environment: Environment;
  readonly output: CommandOutput;
}

/** Runs the work; prints its result, or the error that it threw. Never rejects. */
export type RunCommand = (work: (invocation: Invocation) => Promise<CommandResult>) => Promise<void>;

export interface CommandResult {
  /**
   * What `--json` prints under `data`: plain JSON, described by cli/output/schema/<command>.json. int64 are
   * decimal strings, times are milliseconds since 1970.
   */
  readonly data: object;
  /** What people read, on stdout, without the last line feed; empty or absent prints nothing. */
  readonly text?: string;
  /**
   * A finding that still has a result ("status" of an unhealthy stack, a smoke with a failed step): the result
   * is printed, then this error; the exit code is the error's.
   */
  readonly failure?: Error;
}
