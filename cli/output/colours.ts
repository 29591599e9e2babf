/**
 * Colours for a stream: on only when it is a TTY and neither NO_COLOR nor CI is set.
 */
import type { Environment, OutputStream } from '../commands/environment.ts';
import type { Colours } from './command-output.ts';

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export function coloursFor(stream: OutputStream, env: Environment['env']): Colours {
  const on = isLively(stream, env);
  const paint =
    ([open, close]: readonly [number, number]) =>
    (text: string): string =>
      on ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: paint(codes.bold),
    dim: paint(codes.dim),
    red: paint(codes.red),
    green: paint(codes.green),
    yellow: paint(codes.yellow),
    cyan: paint(codes.cyan),
  };
}

/** Whether the stream is a terminal that may be painted and redrawn. */
export function isLively(stream: OutputStream, env: Environment['env']): boolean {
  return stream.isTTY === true && !isSet(env['NO_COLOR']) && !isSet(env['CI']) && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
