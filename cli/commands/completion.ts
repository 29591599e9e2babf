/**
 * `completion`: a script for the shell, made from the commands themselves, so that it knows all of them.
 */
import { Argument, Command } from 'commander';
import type { CommandEntry, CommandModule, CommandResult } from './command.ts';
import { completionScript, shells, type CommandWords, type Shell } from './completion-script.ts';
import { addExamples } from './options.ts';

export const completionCommand: CommandModule = {
  define(command, run) {
    command
      .addArgument(new Argument('<shell>', 'which shell').choices(shells))
      .description('Print a script that completes commands and options.')
      .action((shell: Shell) => run(() => completion(shell)));
    addExamples(command, [
      ['cecochat completion bash >> ~/.bashrc', 'for every new bash'],
      ['cecochat completion zsh > "${fpath[1]}/_cecochat"', 'for zsh'],
      ['cecochat completion fish > ~/.config/fish/completions/cecochat.fish', 'for fish'],
    ]);
  },
};

async function completion(shell: Shell): Promise<CommandResult> {
  const { commandEntries } = await import('./registry.ts');
  const words = await Promise.all(commandEntries.map(wordsOf));
  const script = completionScript(shell, words.flat());
  return { data: { shell, script }, text: script };
}

/** A command and its subcommands, by path. */
async function wordsOf(entry: CommandEntry): Promise<CommandWords[]> {
  const command = new Command(entry.name).summary(entry.summary);
  (await entry.load()).define(command, () => Promise.resolve());
  return collect(command, entry.name);
}

function collect(command: Command, path: string): CommandWords[] {
  const options = command.options
    .filter((option) => !option.hidden)
    .flatMap((option) => ((option.long ?? null) === null ? [] : [option.long ?? '']));
  const own: CommandWords = {
    path,
    summary: command.summary() || command.description(),
    options: [...options, ...(command.commands.length === 0 ? ['--json'] : []), '--help'],
    values: Object.fromEntries(
      command.options.flatMap((option) =>
        option.argChoices === undefined ? [] : [[option.long ?? '', option.argChoices]],
      ),
    ),
    words: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  return [own, ...command.commands.flatMap((child) => collect(child, `${path} ${child.name()}`))];
}
