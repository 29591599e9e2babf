import { expect, test } from 'vitest';
import { emptyLine } from '../view/paint.ts';
import { createPainter, type Painter } from './painter.ts';

const esc = '\u001b';

function open(): { painter: Painter; written: string[]; frame: (rows: readonly string[]) => string } {
  const written: string[] = [];
  const painter = createPainter((text) => written.push(text));
  const frame = (rows: readonly string[]): string => {
    const lines = rows.map((left) => ({ ...emptyLine, left }));
    return painter.slots.put({ lines, x: 2, width: 10, height: rows.length }) + '\n'.repeat(rows.length - 1);
  };
  return { painter, written, frame };
}

test('only rows that changed are written, each at its own place', () => {
  const { painter, written, frame } = open();
  painter.paint(frame(['one', 'two']), undefined);
  painter.paint(frame(['one', 'too']), undefined);
  expect(written[1]).toContain(`${esc}[2;1H${esc}[0m${esc}[2K${esc}[3Gtoo`);
  expect(written[1]).not.toContain('one');
  painter.paint(frame(['one', 'too']), undefined);
  expect(written).toHaveLength(2);
});

test('the right part stands at the right edge, whatever the left one holds', () => {
  const { painter, written } = open();
  const lines = [{ left: '👩\u200d👧', right: 'seen', rightWidth: 4 }];
  painter.paint(painter.slots.put({ lines, x: 2, width: 10, height: 1 }), undefined);
  expect(written[0]).toContain(`${esc}[3G👩\u200d👧${esc}[9Gseen`);
});

test('the cursor goes where it is wanted, and is hidden elsewhere', () => {
  const { painter, written, frame } = open();
  painter.paint(frame(['one']), { row: 4, column: 7 });
  expect(written[0]).toContain(`${esc}[5;8H${esc}[?25h`);
  painter.paint(frame(['one']), { row: 4, column: 8 });
  expect(written[1]).toBe(`${esc}[5;9H${esc}[?25h`);
  painter.paint(frame(['one']), undefined);
  expect(written[2]).toBe(`${esc}[?25l`);
});

test('rows that are no more are cleared; after a reset all are written', () => {
  const { painter, written, frame } = open();
  painter.paint(frame(['one', 'two']), undefined);
  painter.paint(frame(['one']), undefined);
  expect(written[1]).toContain(`${esc}[2;1H${esc}[0m${esc}[2K`);
  painter.reset();
  painter.paint(frame(['one']), undefined);
  expect(written[2]).toContain('one');
});
