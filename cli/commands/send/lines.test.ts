import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkText, mostTextBytes, readLines, type Line } from './lines.ts';

async function linesOf(chunks: readonly (string | Uint8Array)[]): Promise<Line[]> {
  const source = async function* (): AsyncGenerator<string | Uint8Array> {
    yield* chunks;
  };
  return collect(source());
}

async function collect(source: AsyncIterable<string | Uint8Array>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(source)) lines.push(line);
  return lines;
}

describe('readLines', () => {
  test('gives each line with its number, whatever the chunks', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/[\r\n]/.test(line)));
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(text, cuts, async (lines, sizes) => {
        const bytes = Buffer.from(lines.join('\n'));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const expected = lines
          .map((line, index) => ({ number: index + 1, text: line }))
          .filter((line) => line.text !== '');
        expect(await linesOf(chunks)).toEqual(expected);
      }),
    );
  });

  test('takes a carriage return as part of the line break', async () => {
    expect(await linesOf(['a\r\nb\r\n'])).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
    ]);
  });

  test('says which line is not UTF-8, after the lines before it', async () => {
    const seen: string[] = [];
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('good\n\xff\n', 'latin1');
    };
    const read = async (): Promise<void> => {
      for await (const { text } of readLines(source())) seen.push(text);
    };
    await expect(read()).rejects.toMatchObject({ code: 'usage.invalid', data: { line: '2' } });
    expect(seen).toEqual(['good']);
  });

  test('takes a line of the most bytes, refuses one byte more', async () => {
    const most = 'ü'.repeat(mostTextBytes / 2);
    expect(await linesOf([`${most}\r\n`])).toHaveLength(1);
    await expect(linesOf([`x\n${most}u\n`])).rejects.toMatchObject({ code: 'message.too_large' });
  });

  test('refuses an endless line without keeping it', async () => {
    let given = 0;
    const endless = async function* (): AsyncGenerator<string> {
      for (; given < 1000; given += 1) yield 'x'.repeat(1024);
    };
    await expect(collect(endless())).rejects.toMatchObject({ code: 'message.too_large' });
    expect(given).toBeLessThan(20);
  });
});

test('checkText refuses nothing and too much', () => {
  expect(() => checkText('', 'the message')).toThrow('the message is empty');
  expect(() => checkText('x'.repeat(mostTextBytes + 1), 'the message')).toThrow('8193 bytes');
  expect(() => checkText('x'.repeat(mostTextBytes), 'the message')).not.toThrow();
});
