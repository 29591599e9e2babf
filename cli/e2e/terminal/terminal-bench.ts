/**
 * What tests of the terminal client share: a running stack, users of one test alone, terminals.
 */
import { startStack, type EmbeddedStack } from '../kill/stack-handle.ts';
import { openSandbox, type Sandbox } from '../sandbox.ts';
import { openChatTerminal, type TerminalOptions, type TmuxTerminal } from './tmux-terminal.ts';

export interface TerminalBench {
  readonly sandbox: Sandbox;
  readonly stack: EmbeddedStack;
  /** Tests run in any order: who chats is a user of that test alone, and his password is known. */
  addUsers(...names: readonly string[]): Promise<void>;
  chat(args: readonly string[], options?: TerminalOptions): Promise<TmuxTerminal>;
  /** Each line is a message. */
  send(from: string, to: string, text: string): Promise<void>;
  /** Stops the stack; an error when something is left behind. */
  end(): Promise<void>;
}

export async function openTerminalBench(): Promise<TerminalBench> {
  const sandbox = await openSandbox();
  const stack = await startStack(sandbox);
  const runs = async (args: readonly string[], input = ''): Promise<void> => {
    const ran = await sandbox.run(args, { input });
    if (ran.exitCode !== 0) throw new Error(ran.stderr);
  };
  return {
    sandbox,
    stack,
    async addUsers(...names) {
      for (const name of names) await runs(['user', 'add', name, '--generate']);
    },
    chat: (args, options) => openChatTerminal(sandbox, ['chat', ...args], options),
    send: (from, to, text) => runs(['send', '--as', from, '--to', to], text),
    async end() {
      let left: string[];
      try {
        await stack[Symbol.asyncDispose]();
      } finally {
        left = await sandbox.leftovers();
        await sandbox[Symbol.asyncDispose]();
      }
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  };
}
