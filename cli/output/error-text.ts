/**
 * An error for people: what happened, why, and the command that helps. Only a bug shows its stack.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { messageFrom } from '../../services/core/thrown.ts';
import type { Colours } from './command-output.ts';
import type { EnvelopeError } from './envelope.ts';
import { stackHint } from './stack-hint.ts';

/** With the name of the stack that the command was called with. */
export function errorText(error: unknown, colours: Colours, stackName?: string): string {
  const lines = [`${colours.red('error:')} ${messageFrom(error)}`];
  if (!(error instanceof CecochatError)) {
    lines.push(error instanceof Error ? indent(stackOf(error)) : '', '  This is a bug in cecochat: please report it.');
    return lines.filter((line) => line !== '').join('\n');
  }
  for (const cause of causesOf(error)) {
    lines.push(`  ${colours.dim('why:')} ${cause}`);
  }
  if (error.hint !== undefined) {
    lines.push(`  ${colours.dim('try:')} ${stackHint(error.hint, stackName)}`);
  }
  return lines.join('\n');
}

/** The same. */
export function envelopeError(error: unknown, stackName?: string): EnvelopeError {
  if (error instanceof CecochatError) {
    const { code, message, hint, retry, data } = error;
    return { code, message, hint: hint === undefined ? null : stackHint(hint, stackName), retry, data };
  }
  const data = error instanceof Error ? { stack: stackOf(error) } : {};
  return {
    code: 'internal',
    message: messageFrom(error),
    hint: 'this is a bug in cecochat: please report it',
    retry: 'never',
    data,
  };
}

/** Messages of the chain of causes that say more than what is above them. */
export function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let said = error.message;
  for (
    let cause = error.cause;
    cause !== undefined && causes.length < 5;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    const message = messageFrom(cause);
    if (message !== '' && !said.includes(message)) {
      causes.push(message);
      said += message;
    }
  }
  return causes;
}

function stackOf(error: Error): string {
  const trace = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined
    ? trace
    : `${trace}\nCaused by: ${error.cause instanceof Error ? stackOf(error.cause) : messageFrom(error.cause)}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
