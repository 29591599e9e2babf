/**
 * Splits bytes into messages, one a line, and says which line is bad. Holds one line in memory at most.
 */
import { CecochatError } from '../../../services/core/errors.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** The most that a message's text may have, in bytes of UTF-8. */
export const mostTextBytes = 8 * 1024;

/** Empty lines are passed over; a carriage return at the end belongs to the line break. */
export async function* readLines(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Line> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      number += 1;
      const line = rest.length === 0 ? bytes.subarray(start, end) : Buffer.concat([rest, bytes.subarray(start, end)]);
      rest = Buffer.alloc(0);
      start = end + 1;
      const text = textOfLine(line, number);
      if (text !== '') yield { number, text };
    }
    rest = Buffer.concat([rest, bytes.subarray(start)]);
    if (rest.length > mostTextBytes + 1) throw lineTooLong(number + 1, `more than ${mostTextBytes}`);
  }
  const text = textOfLine(rest, number + 1);
  if (text !== '') yield { number: number + 1, text };
}

/** Errors: message.too_large, usage.invalid. `what` names the text in the message. */
export function checkText(text: string, what: string): void {
  if (text === '') throw new CecochatError('usage.invalid', `${what} is empty`);
  const size = Buffer.byteLength(text);
  if (size > mostTextBytes) throw tooLong(what, { size: String(size), hint: 'split it into several messages' });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOfLine(bytes: Buffer, number: number): string {
  const line = bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
  if (line.length > mostTextBytes) throw lineTooLong(number, String(line.length));
  try {
    return utf8.decode(line);
  } catch (error) {
    throw new CecochatError('usage.invalid', `line ${number} is not UTF-8`, {
      cause: error,
      hint:
        number === 1
          ? 'convert the text with iconv'
          : `the lines before it were sent; convert the rest with iconv and send from line ${number} on`,
      data: { line: String(number) },
    });
  }
}

function lineTooLong(number: number, size: string): CecochatError {
  const hint = `split it into several lines, and send from line ${number} on`;
  return tooLong(`line ${number}`, { size, hint, data: { line: String(number) } });
}

function tooLong(
  what: string,
  { size, ...more }: { size: string; hint: string; data?: Readonly<Record<string, string>> },
): CecochatError {
  const message = `${what} has ${size} bytes of UTF-8; a message has at most ${mostTextBytes}`;
  return new CecochatError('message.too_large', message, more);
}
