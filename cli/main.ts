/**
 * The program: finds the command, loads only that one, parses, runs, and gives back the exit code. Wrong
 * usage prints what is wrong, a suggestion and where help is, and is 2.
 */
import { Command, CommanderError, Option } from 'commander';
import { CecochatError } from '../services/core/errors.ts';
import { messageFrom } from '../services/core/thrown.ts';
import type { CommandEntry, RunCommand } from './commands/command.ts';
import type { Environment } from './commands/environment.ts';
import { commandEntries, commandGroups } from './commands/registry.ts';
import { isErrno } from '../services/core/errno.ts';
import type { ExitCode } from './output/exit-code.ts';
import { createPrintOutput, writeLine } from './output/print-output.ts';
import { readVersion } from './version.ts';

export async function main(
  environment: Environment,
  entries: readonly CommandEntry[] = commandEntries,
): Promise<ExitCode> {
  const broken = new AbortController();
  let cause: unknown;
  const onError = (error: unknown): void => {
    cause ??= error;
    broken.abort(new BrokenOutput());
  };
  environment.stdout.on('error', onError);
  environment.stderr.on('error', onError);
  try {
    const signal = AbortSignal.any([environment.signal, broken.signal]);
    const code = await runProgram({ ...environment, argv: askHelp(environment.argv), signal }, entries);
    // A write that fails is told of in a later turn.
    await new Promise((resolve) => void setImmediate(resolve));
    return broken.signal.aborted ? await tellBroken(cause, environment) : code;
  } finally {
    environment.stdout.off('error', onError);
    // A pipe may break after the last write was accepted; nobody is left to tell.
    environment.stdout.on('error', () => undefined);
  }
}

/** What the program prints goes nowhere any more. */
class BrokenOutput extends Error {}

/** A reader that went away has what it wanted; anything else (a full disk) leaves less than was asked for. */
async function tellBroken(cause: unknown, { stderr }: Environment): Promise<ExitCode> {
  if (isErrno(cause, 'EPIPE')) return 0;
  await writeLine(stderr, `error: the output cannot be written: ${messageFrom(cause)}`);
  return 1;
}

/** `cecochat help up` is `cecochat up --help`. */
function askHelp(argv: readonly string[]): readonly string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv.length === 0 ? ['--help'] : argv;
}

async function runProgram(environment: Environment, entries: readonly CommandEntry[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  let path = '';
  let json = environment.argv.includes('--json');
  let stackName: string | undefined;
  const run: RunCommand = async (work) => {
    const output = createPrintOutput({ environment, command: path, json, stackName });
    try {
      environment.signal.throwIfAborted();
      exitCode = await output.finish(await work({ environment, output }));
    } catch (error) {
      // Told once, in the end.
      exitCode = error instanceof BrokenOutput ? 1 : await output.fail(error);
    }
  };

  const program = await createProgram({ environment, entries, run });
  program.hook('preAction', (_program, command) => {
    path = pathOf(command);
    const { json: asJson, name } = command.optsWithGlobals<{ readonly json?: unknown; readonly name?: unknown }>();
    json = asJson === true;
    stackName = typeof name === 'string' ? name : undefined;
  });
  try {
    await program.parseAsync(environment.argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return 0;
    }
    const command = calledCommand(program, environment.argv);
    const output = createPrintOutput({ environment, command: pathOf(command), json });
    return output.fail(error instanceof CommanderError ? usageError(error, command) : error);
  }
  return exitCode;
}

interface ProgramOptions {
  readonly environment: Environment;
  readonly entries: readonly CommandEntry[];
  readonly run: RunCommand;
}

/** Commands that were not called are known by name and summary only. */
async function createProgram({ environment, entries, run }: ProgramOptions): Promise<Command> {
  const program = new Command('cecochat')
    .description('Chat for 10 to 100 million users, on one machine or many.')
    .version(readVersion(), '-V, --version')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name(), showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(environment.stdout.columns ?? 100, 120),
    });
  const called = environment.argv.find((argument) => !argument.startsWith('-'));
  for (const entry of entries) {
    const command = program.command(entry.name).summary(entry.summary).helpGroup(commandGroups[entry.group]);
    command.helpCommand(false);
    if (entry.name === called) {
      const module = await entry.load();
      module.define(command, run);
      addJson(command);
      if (command.description() === '') {
        command.description(`${entry.summary.charAt(0).toUpperCase()}${entry.summary.slice(1)}.`);
      }
    }
  }
  program.addHelpText(
    'after',
    '\nStart with:\n  $ cecochat up\n  $ cecochat send --as bob --to alice "hello"\n  $ cecochat <command> --help',
  );
  return program;
}

function addJson(command: Command): void {
  for (const child of command.commands) {
    addJson(child.helpCommand(false));
  }
  const json = new Option('--json', 'print one JSON envelope (streams: one event a line before it)');
  command.addOption(command.commands.length === 0 ? json : json.hideHelp());
}

function pathOf(command: Command): string {
  const parent = command.parent;
  return parent === null ? '' : `${pathOf(parent)} ${command.name()}`.trim();
}

/** The deepest command that the arguments name. */
function calledCommand(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const argument of argv) {
    command = command.commands.find((child) => child.name() === argument) ?? command;
  }
  return command;
}

/** commander's text without its prefix; its suggestion goes into the hint. */
function usageError(error: CommanderError, command: Command): CecochatError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = /Did you mean (?:one of )?(.+)\?/.exec(rest.join(' '))?.[1];
  const help = ['cecochat', pathOf(command), '--help'].filter((part) => part !== '').join(' ');
  const missing = error.code === 'commander.help' || first === '(outputHelp)';
  const message = missing ? `"cecochat ${pathOf(command)}" needs one of its commands` : first;
  return new CecochatError('usage.invalid', message, {
    hint: suggestion === undefined ? help : `${suggestion} (help: ${help})`,
  });
}
