/**
 * `cecochat chat`: the terminal client, for one user or for two side by side.
 */
import { Option } from 'commander';
import { CecochatError } from '../../../services/core/errors.ts';
import { findRunningStack } from '../../stack/running-stack.ts';
import { holdKeys } from '../../terminal/device/early-keys.ts';
import type { TerminalHost } from '../../terminal-host.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, stackOption } from '../options.ts';
import type { ChatOptions } from './chat-options.ts';
import type { chatOnScreen } from './on-screen.ts';
import { openUsers } from './open-users.ts';
import type { chatPlainly } from './plain.ts';

const mostUsers = 2;

export const chatCommand: CommandModule = {
  define(command, run) {
    const as = new Option('--as <user>', 'name of the user who chats; twice: two side by side, with one another')
      .argParser((name: string, before: readonly string[] | undefined) => [...(before ?? []), name])
      .makeOptionMandatory();
    command
      .description('Chat in the terminal. Press ? or F1 there for the keys.')
      .addOption(as)
      .option('--with <user>', 'open the chat with this user at once')
      .option('--plain', 'one line a message and no redrawing, for screen readers')
      .option('--bell', 'ring the bell for what comes while you look elsewhere')
      .option('--title', "show unread messages in the terminal's title")
      .addOption(stackOption())
      .action((options: ChatOptions) => run((invocation) => chat(invocation, options)));
    addExamples(command, [
      ['cecochat chat --as bob', 'the chats of bob'],
      ['cecochat chat --as bob --as alice', 'both sides of a chat in one terminal; Tab changes sides'],
    ]);
  },
};

async function chat(invocation: Invocation, options: ChatOptions): Promise<CommandResult> {
  const { environment, output } = invocation;
  const host = check(invocation, options);
  // What is typed from now on is for the screen.
  using typed = host === undefined ? undefined : holdKeys({ ...environment, host });
  // Says that nothing runs before anything is loaded or made.
  await findRunningStack(environment, options.name);
  if (host === undefined || typed === undefined) {
    await (
      await loadPlain()
    )({ environment, output }, options);
  } else {
    // What draws is loaded while the servers log in.
    const drawing = loadScreen();
    await using opened = await openUsers(environment, options);
    await (
      await drawing
    )(environment, { options, users: opened.users, host, typed });
  }
  return { data: {} };
}

/** What the screen needs of the process; undefined: no screen is wanted. */
function check({ environment, output }: Invocation, options: ChatOptions): TerminalHost | undefined {
  const scripts = 'cecochat send --as bob --to alice "hello", and cecochat listen --as alice --json';
  if (output.json) throw usage('chat has no --json: it is for people', scripts);
  if (options.as.length > mostUsers) throw usage(`option --as was given ${options.as.length} times, two at most`);
  if (options.plain === true) {
    if (options.as.length > 1) throw usage('--plain is for one user', 'cecochat chat --plain --as bob --with alice');
    if (options.with === undefined) throw usage('--plain needs to know with whom', 'add --with alice');
    return undefined;
  }
  const { stdin, stdout, host, env } = environment;
  const missing =
    stdin.isTTY !== true
      ? 'standard input is no terminal'
      : stdout.isTTY !== true
        ? 'standard output is no terminal'
        : host === undefined || env['TERM'] === 'dumb'
          ? `this terminal (TERM=${env['TERM'] ?? ''}) cannot move its cursor`
          : undefined;
  if (missing !== undefined) throw usage(`chat needs a terminal: ${missing}`, `in scripts: ${scripts}`);
  return host;
}

function usage(message: string, hint?: string): CecochatError {
  return new CecochatError('usage.invalid', message, hint === undefined ? {} : { hint });
}

// Beside a `using` in the same block, tsc leaves the ending of an imported file as it is.
async function loadPlain(): Promise<typeof chatPlainly> {
  return (await import('./plain.ts')).chatPlainly;
}

async function loadScreen(): Promise<typeof chatOnScreen> {
  return (await import('./on-screen.ts')).chatOnScreen;
}
