/**
 * Every key, on one page or as much of it as fits.
 */
import { clip } from '../text/graphemes.ts';
import { emptyLine, type Line, type Paint } from './paint.ts';

const sections: readonly (readonly [title: string, keys: readonly (readonly [key: string, meaning: string])[]])[] = [
  [
    'Chats',
    [
      ['↑ ↓', 'choose a chat'],
      ['Enter', 'open it'],
      ['n', 'new chat, by user name'],
      ['Tab', 'other side, or list and chat'],
      ['q, Ctrl-C', 'leave'],
    ],
  ],
  [
    'Reading',
    [
      ['PgUp PgDn', 'older, newer'],
      ['↑ ↓', 'by line, composer empty'],
      ['Home End', 'oldest loaded, newest'],
      ['Ctrl-G', 'first unread'],
      ['Ctrl-F', 'search, then in older pages'],
      ['Esc', 'back to the chats'],
    ],
  ],
  [
    'Writing',
    [
      ['Enter', 'send'],
      ['Alt-Enter, Ctrl-J', 'new line'],
      ['Ctrl-← Ctrl-→', 'by word'],
      ['Ctrl-W, Ctrl-U', 'delete word, line'],
      ['Ctrl-_, Ctrl-Y', 'undo, redo'],
      ['Ctrl-R', 'take back what failed'],
      ['Ctrl-N', 'new chat'],
    ],
  ],
  [
    'Marks of your messages',
    [
      ['queued ..', 'waits for a connection'],
      ['sending …', 'on its way to the server'],
      ['processed ·', 'durable'],
      ['delivered ✓', 'on a device of the other'],
      ['seen ✓✓', 'was on his screen'],
    ],
  ],
];

const keyWidth = 20;
const columnWidth = 50;

export function helpLines(size: { width: number; height: number }, paint: Paint): readonly Line[] {
  const blocks = sections.map(([title, keys]) => [
    paint.bold(title.padEnd(columnWidth)),
    ...keys.map(
      ([key, meaning]) =>
        `  ${paint.bold(key.padEnd(keyWidth))}${clip(meaning, columnWidth - keyWidth - 2).padEnd(columnWidth - keyWidth - 2)}`,
    ),
    ' '.repeat(columnWidth),
  ]);
  const two = size.width >= 2 * columnWidth + 2;
  const columns = two ? [blocks.slice(0, 2).flat(), blocks.slice(2).flat()] : [blocks.flat()];
  const rows = Math.max(...columns.map((column) => column.length));
  const body = Array.from({ length: rows }, (_, index) =>
    columns.map((column) => column[index] ?? ' '.repeat(columnWidth)).join(''),
  );
  const shown = body.slice(0, Math.max(0, size.height - 2));
  const lines = [
    `${paint.bold(' cecochat')}  ${paint.dim('any key goes back')}`,
    '',
    ...shown.map((text) => ` ${text}`),
  ];
  return lines.slice(0, size.height).map((left) => ({ ...emptyLine, left }));
}
