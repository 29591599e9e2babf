/**
 * A new password: made, from CECOCHAT_PASSWORD, asked for without echo, or the first line of standard input.
 */
import { createInterface } from 'node:readline';
import { CecochatError } from '../../services/core/errors.ts';
import { randomSecret } from '../stack/demo-users.ts';
import type { Environment } from './environment.ts';

export async function readNewPassword(environment: Environment, generate: boolean): Promise<string> {
  if (generate) {
    return randomSecret(environment.random);
  }
  const given = environment.env['CECOCHAT_PASSWORD'];
  if (given !== undefined && given !== '') {
    return given;
  }
  if (environment.stdin.isTTY !== true) {
    return nonEmpty(await firstLine(environment));
  }
  const password = nonEmpty(await ask(environment, 'new password: '));
  if ((await ask(environment, 'once more: ')) !== password) {
    throw new CecochatError('usage.invalid', 'the two passwords differ; nothing was changed');
  }
  return password;
}

/** Asks on stderr and reads without echo. Ctrl-C interrupts, also while the terminal is in raw mode. */
export async function ask({ stdin, stderr, signal }: Environment, question: string): Promise<string> {
  stderr.write(question);
  stdin.setRawMode?.(true);
  stdin.resume();
  try {
    return await readHidden(stdin, signal);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function readHidden(stdin: Environment['stdin'], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new TextDecoder();
    let typed: string[] = [];
    const settle = (act: () => void): void => {
      stdin.off('data', onData).off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = (): void => settle(() => reject(signal.reason));
    const onEnd = (): void => settle(() => resolve(typed.join('')));
    const onData = (chunk: Uint8Array | string): void => {
      for (const character of typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })) {
        if (character === '\r' || character === '\n') {
          onEnd();
          return;
        }
        if (character === '\u0003' || character === '\u0004') {
          settle(() => reject(new CecochatError('interrupted', 'interrupted while asking for a password')));
          return;
        }
        // Backspace, and Ctrl-U for the whole line.
        typed =
          character === '\u007f' || character === '\b'
            ? typed.slice(0, -1)
            : character === '\u0015'
              ? []
              : [...typed, character];
      }
    };
    signal.addEventListener('abort', onAbort, { once: true });
    stdin.on('data', onData).on('end', onEnd);
  });
}

async function firstLine({ stdin, signal }: Environment): Promise<string> {
  const lines = createInterface({ input: stdin, crlfDelay: Infinity, signal });
  try {
    for await (const line of lines) {
      return line;
    }
    signal.throwIfAborted();
    return '';
  } finally {
    lines.close();
  }
}

function nonEmpty(password: string): string {
  if (password === '') {
    throw new CecochatError('usage.invalid', 'the password is empty', {
      hint: 'type one, pipe it in, set CECOCHAT_PASSWORD, or use --generate',
    });
  }
  return password;
}
