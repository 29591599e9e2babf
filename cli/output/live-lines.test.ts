import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../services/core/time/clock.ts';
import { openLiveLines, type LiveLines } from './live-lines.ts';

const escape = '\u001b';
const tokens = new RegExp(`${escape}\\[[^A-Za-z]*[A-Za-z]|[^]`, 'g');

/** A terminal as far as these lines need one: wraps, scrolls, goes up, erases. */
class Screen {
  rows: string[] = [''];
  #row = 0;
  #column = 0;
  readonly columns: number;
  readonly height: number;

  constructor(columns: number, height: number) {
    this.columns = columns;
    this.height = height;
  }

  write(text: string): void {
    for (const [token] of text.matchAll(tokens)) this.#take(token);
  }

  #take(token: string): void {
    const top = Math.max(0, this.rows.length - this.height);
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#down();
    else if (token.endsWith('A')) this.#row = Math.max(top, this.#row - Number(token.slice(2, -1)));
    else if (token === '\u001b[K') this.rows[this.#row] = (this.rows[this.#row] ?? '').slice(0, this.#column);
    else if (token === '\u001b[J')
      this.rows.splice(this.#row, Infinity, (this.rows[this.#row] ?? '').slice(0, this.#column));
    else if (token.length === 1) {
      if (this.#column === this.columns) this.#down();
      const row = this.rows[this.#row] ?? '';
      this.rows[this.#row] = row.slice(0, this.#column).padEnd(this.#column) + token + row.slice(this.#column + 1);
      this.#column += 1;
    }
  }

  /** As terminals do it: what is longer goes on in the next row. */
  narrowed(columns: number): Screen {
    const narrow = new Screen(columns, this.height);
    narrow.write(this.rows.join('\n'));
    return narrow;
  }

  #down(): void {
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.rows.length) this.rows.push('');
  }
}

interface Scene {
  readonly screen: Screen;
  readonly lines: LiveLines;
  readonly written: () => string;
  readonly tick: () => void;
  readonly resize: (columns: number) => void;
}

/** `content` may change between the ticks. */
function openScene(content: readonly string[], columns = 40, height = 10): Scene {
  const stream = Object.assign(new PassThrough(), { columns, rows: height });
  let screen = new Screen(columns, height);
  let written = '';
  stream.on('data', (bytes: Buffer) => {
    written += bytes.toString('utf8');
    screen.write(bytes.toString('utf8'));
  });
  let tick = (): void => undefined;
  let isTicking = true;
  const clock: Clock = {
    ...systemClock,
    every: (_ms, work) => {
      tick = work;
      return { cancel: () => void (isTicking = false) };
    },
  };
  const frame = (size: { readonly columns: number; readonly rows: number }): string[] =>
    content.slice(0, size.rows).map((line) => line.slice(0, size.columns));
  const lines = openLiveLines({ stream, clock, frame });
  return {
    get screen() {
      return screen;
    },
    lines,
    written: () => written,
    tick: () => {
      if (isTicking) tick();
    },
    resize: (narrower) => {
      stream.columns = narrower;
      screen = screen.narrowed(narrower);
    },
  };
}

describe('lines that are redrawn', () => {
  test('stand once on the screen however often they are drawn, and their last state stays', () => {
    const content = ['kafka  pull 1 %', 'redis  start'];
    const { screen, lines, tick } = openScene(content);
    expect(screen.rows).toEqual(['kafka  pull 1 %', 'redis  start', '']);
    for (let turn = 2; turn < 30; turn += 1) {
      content[0] = `kafka  pull ${turn} %`;
      tick();
    }
    content.pop();
    tick();
    expect(screen.rows).toEqual(['kafka  pull 29 %', '']);
    content[0] = 'kafka  ready';
    lines.close();
    content[0] = 'too late';
    tick();
    lines.close();
    expect(screen.rows).toEqual(['kafka  ready', '']);
  });

  test('never mix with what else is printed, which stays above them in its order', () => {
    const { screen, lines, tick } = openScene(['table 1', 'table 2']);
    lines.print('a first message that is longer than a line of the table');
    tick();
    lines.print('second\nand third');
    expect(screen.rows).toEqual([
      'a first message that is longer than a li',
      'ne of the table',
      'second',
      'and third',
      'table 1',
      'table 2',
      '',
    ]);
    lines.close();
    lines.print('after the end');
    expect(screen.rows.slice(-4)).toEqual(['table 1', 'table 2', 'after the end', '']);
  });

  test('leave the last column and the last row free, and show all at the end', () => {
    const content = Array.from({ length: 6 }, (_, index) => `${index}`.repeat(30));
    const { screen, lines, tick } = openScene(content, 20, 4);
    tick();
    expect(screen.rows).toEqual(['0'.repeat(19), '1'.repeat(19), '2'.repeat(19), '']);
    lines.close();
    expect(screen.rows).toEqual([...content.map((line) => line.slice(0, 19)), '']);
  });

  test('find their place again in a terminal that became narrower, which breaks the lines that it shows', () => {
    const scene = openScene(['x'.repeat(38), 'y'.repeat(12)]);
    scene.resize(15);
    scene.tick();
    expect(scene.screen.rows).toEqual(['x'.repeat(14), 'y'.repeat(12), '']);
  });

  test('change no mode of the terminal, so that nothing is to be restored however the program ends', () => {
    const { lines, tick, written } = openScene(['one']);
    tick();
    lines.print('a message');
    lines.close();
    const codes = (written().match(tokens) ?? []).filter((token) => token.startsWith(escape));
    expect([...new Set(codes)].toSorted()).toEqual(['\u001b[1A', '\u001b[J', '\u001b[K']);
  });
});
