/**
 * The terminal client as people meet it: the built program in real pseudo-terminals, on a running stack.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesWith } from '../processes.ts';
import { programFile, type Ran } from '../sandbox.ts';
import { openTerminalBench, type TerminalBench } from './terminal-bench.ts';
import { openTmuxTerminal } from './tmux-terminal.ts';

let bench: TerminalBench;
const addUsers: TerminalBench['addUsers'] = (...names) => bench.addUsers(...names);
const chat: TerminalBench['chat'] = (...args) => bench.chat(...args);
const send: TerminalBench['send'] = (...args) => bench.send(...args);

beforeAll(async () => {
  bench = await openTerminalBench();
});
afterAll(() => bench.end());

/** Where a row that holds the text stands; the text must be there once. */
function rowWith(rows: readonly string[], text: string): string {
  const found = rows.filter((row) => row.includes(text));
  expect(found, text).toHaveLength(1);
  return found[0] ?? '';
}

test('both sides in one terminal: what one sends the other sees, and the marks say so', async () => {
  await addUsers('ann', 'ben');
  await using terminal = await chat(['--as', 'ann', '--as', 'ben'], { columns: 140 });
  await terminal.shows(/connected[^\n]*connected/);
  await terminal.type('hello ben');
  await terminal.press('Enter');
  await terminal.shows((rows) => rows.some((row) => /┃ hello ben +seen .*│ hello ben/.test(row)));
  await terminal.press('Tab');
  await terminal.type('hello ann');
  await terminal.press('Enter');
  const rows = await terminal.shows((shown) => shown.some((row) => /│ hello ann .*┃ hello ann +seen/.test(row)));
  expect(rows[0]).toMatch(/ann → ben.*│ ben → ann/);
});

test('two devices of one user and his partner: messages and read state are the same everywhere', async () => {
  await addUsers('cleo', 'dora');
  await using first = await chat(['--as', 'cleo']);
  await using second = await chat(['--as', 'cleo']);
  await first.shows('No chats yet');
  await second.shows('No chats yet');
  await using partner = await chat(['--as', 'dora', '--with', 'cleo'], { columns: 60 });
  await partner.shows('No messages yet');
  await partner.type('are you there?');
  await partner.press('Enter');
  // Delivered by lists that show it; unread on both.
  await partner.shows(/are you there\? +delivered/);
  await first.shows('1 unread');
  await second.shows('1 unread');
  await first.press('Enter');
  await first.shows('│ are you there?');
  await partner.shows(/are you there\? +seen/);
  await second.shows((rows) => !rows.join('\n').includes('unread'));
  await first.type('yes');
  await first.press('Enter');
  await second.shows('you: yes');
  await partner.shows('│ yes');
  expect((await first.rows()).filter((row) => row.includes('┃ yes'))).toHaveLength(1);
});

test('a thousand messages: scrolled to the first, page by page, and back to the newest', async () => {
  await addUsers('emil', 'fred');
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index + 1} of many`);
  await send('emil', 'fred', lines.join('\n'));
  await using terminal = await chat(['--as', 'fred', '--with', 'emil'], { columns: 60, rows: 40 });
  // Nothing was seen: the view begins at the very first.
  await terminal.shows((rows) => rows.some((row) => row.endsWith('│ line 1 of many')), 30_000);
  await terminal.press('End');
  await terminal.shows('line 1000 of many');
  let top = 1_000;
  while (top > 1) {
    await terminal.press('PageUp');
    const before = top;
    await terminal.shows((rows) => {
      const shown = rows.flatMap((row) => /│ line (\d+) of many/.exec(row)?.[1] ?? []).map(Number);
      // A run without a gap; a screen that is read in the middle of a change is read again.
      const whole = shown.every((line, index) => line === (shown[0] ?? 0) + index);
      top = whole ? (shown[0] ?? top) : top;
      return whole && top < before;
    });
  }
  expect(top).toBe(1);
  await terminal.press('End');
  await terminal.shows('line 1000 of many');
  // What left the window is found too, and the way back leads on.
  await terminal.press('C-f');
  await terminal.type('line 7 of');
  await terminal.press('Enter');
  await terminal.shows('Enter: older ones');
  await terminal.press('Enter');
  await terminal.shows((rows) => [6, 7, 8].every((line) => rows.some((row) => row.endsWith(`│ line ${line} of many`))));
  await terminal.press('Escape');
  await terminal.shows((rows) => !rows.join('\n').includes('Search:'));
  await terminal.press('PageDown');
  await terminal.shows((rows) => !rows.join('\n').includes('line 7 of') && rows.join('\n').includes('line 50 of'));
}, 90_000);

test('what comes while older messages are read moves nothing and is counted', async () => {
  await addUsers('gina', 'hugo');
  await send('gina', 'hugo', Array.from({ length: 80 }, (_, index) => `old ${index + 1}.`).join('\n'));
  await using terminal = await chat(['--as', 'hugo', '--with', 'gina'], { columns: 60, rows: 20 });
  await terminal.shows('old 1.');
  await terminal.press('End');
  await terminal.shows('old 80.');
  await terminal.press('PageUp');
  const before = await terminal.shows((rows) => !rows.join('\n').includes('old 80.'));
  await send('gina', 'hugo', 'fresh 1\nfresh 2\nfresh 3');
  const after = await terminal.shows('↓ 3 new');
  const messages = (rows: readonly string[]): string[] => rows.filter((row) => row.includes('old '));
  expect(messages(after)).toEqual(messages(before));
  await terminal.press('End');
  await terminal.shows('fresh 3');
});

test('a storm of sizes ends in a whole screen', async () => {
  await addUsers('ines', 'jack');
  await send('ines', 'jack', 'steady');
  await using terminal = await chat(['--as', 'jack', '--with', 'ines']);
  await terminal.shows('steady');
  for (let round = 0; round < 15; round += 1) {
    await terminal.resize(20 + ((round * 37) % 280), 6 + ((round * 11) % 94));
  }
  for (const [columns, height] of [
    [20, 6],
    [300, 100],
    [80, 24],
  ] as const) {
    await terminal.resize(columns, height);
    await terminal.shows((shown) => {
      const steady = shown.filter((row) => row.endsWith('│ steady'));
      return shown.length === height && steady.length === 1 && (shown.at(-1) ?? '').includes('jack ·');
    });
  }
  expect(await terminal.ask('#{window_width}x#{window_height}')).toBe('80x24');
});

test('the server is killed and comes back: what was written meanwhile is sent, once', async () => {
  await addUsers('kim', 'lars');
  await using terminal = await chat(['--as', 'kim', '--as', 'lars'], { columns: 140 });
  await terminal.shows(/connected[^\n]*connected/);
  bench.stack.kill();
  await terminal.shows('reconnecting');
  await terminal.type('written offline');
  await terminal.press('Enter');
  await terminal.shows(/┃ written offline +queued/);
  await bench.stack.restart();
  const rows = await terminal.shows(/┃ written offline +seen .*│ written offline/, 40_000);
  expect(rows.join('\n').match(/written offline/g)).toHaveLength(2);
  await terminal.shows(/connected[^\n]*connected/);
});

test('a paste of a hundred lines is one message', async () => {
  await addUsers('mona', 'nils');
  const pasted = Array.from({ length: 100 }, (_, index) => `pasted ${index + 1}`).join('\n');
  await using terminal = await chat(['--as', 'mona', '--with', 'nils'], { columns: 60, rows: 24 });
  await terminal.shows('No messages yet');
  await terminal.paste(pasted);
  await terminal.shows('pasted 100');
  await terminal.press('Enter');
  await terminal.shows(/┃ pasted 100 +(?:processed|delivered|·)/);
  expect(await bench.sandbox.texts(['--as', 'nils', '--with', 'mona'], 1)).toEqual([pasted]);
});

test('hostile and foreign text harms neither the terminal nor the columns', async () => {
  await addUsers('olga', 'paul');
  const texts = [
    '\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u001b[1;1Hhome',
    'safe\u202egnp.exe\u2066 ad\u200bmin',
    'wide 你好世界 ｶﾞ end1',
    'emoji 👍🏽 👩\u200d👩\u200d👧 🇧🇬🇩🇪 end2',
    'عربي مرحبا بالعالم end3',
  ];
  for (const text of texts) await send('olga', 'paul', text);
  await using terminal = await chat(['--as', 'paul', '--as', 'olga'], { columns: 120, rows: 30 });
  const rows = await terminal.shows(/end3[^\n]*end3/);
  const text = rows.join('\n');
  expect(text).toContain('\\u{1b}]0;owned\\u{7}\\u{1b}[2J\\u{1b}[31m');
  expect(text).toContain('safe\\u{202e}gnp.exe\\u{2066}');
  expect(text).toContain('ad\\u{200b}min');
  expect(await terminal.ask('#{pane_title}')).not.toContain('owned');
  expect(rows[0]).toContain('paul → olga');
  // The right half of each row begins at the same cell: its texts do, after the bar.
  for (const end of ['end1', 'end2', 'end3']) expect(rowWith(rows, end)).toMatch(/│ .*│ .*end\d|│ .*┃ .*end\d/);
});

test('the cursor stands where the next character goes, and keys edit by what is seen', async () => {
  await addUsers('quin', 'rosa');
  await using terminal = await chat(['--as', 'quin', '--with', 'rosa'], { columns: 60, rows: 12 });
  await terminal.shows('No messages yet');
  await terminal.type('你好 👍🏽x');
  await terminal.shows('› 你好');
  expect(await terminal.ask('#{cursor_x},#{cursor_y},#{cursor_flag}')).toBe('11,10,1');
  await terminal.press('Left', 'BSpace', 'C-Left', 'M-Enter');
  await terminal.shows((shown) => shown.includes(' ›') && shown.includes('   你好 x'));
});

test('a new chat by name, and a search in what was said', async () => {
  await addUsers('wim', 'xena');
  await using terminal = await chat(['--as', 'wim'], { columns: 60, rows: 16 });
  await terminal.shows('No chats yet');
  await terminal.press('n');
  await terminal.type('nobody-of-that-name');
  await terminal.press('Enter');
  await terminal.shows('there is no user');
  await terminal.press('C-u');
  await terminal.type('xena');
  await terminal.press('Enter');
  await terminal.shows('No messages yet');
  await terminal.paste('the needle\nin two lines');
  await terminal.press('Enter');
  await terminal.shows('┃ in two lines');
  await send('xena', 'wim', Array.from({ length: 40 }, (_, index) => `straw ${index + 1}.`).join('\n'));
  await terminal.shows('straw 40.');
  await terminal.press('C-f');
  await terminal.type('NEEDLE');
  await terminal.press('Enter');
  const rows = await terminal.shows('┃ the needle');
  expect(rows.join('\n')).not.toContain('straw 40.');
});

test('plain: one line a message, each line that is typed is sent', async () => {
  await addUsers('uwe', 'vera');
  const plain = (as: string, partner: string, input: string): Promise<Ran> =>
    bench.sandbox.run(['chat', '--plain', '--as', as, '--with', partner], { input });
  const sent = await plain('uwe', 'vera', 'first line\nsecond \u001b[2J line\n');
  expect([sent.exitCode, sent.stderr.match(/^sent$/gm)?.length]).toEqual([0, 2]);
  // History may be a moment behind.
  await bench.sandbox.json(['listen', '--as', 'vera', '--count', '2', '--timeout', '20s']);
  const shown = await plain('vera', 'uwe', '\n');
  expect(shown.stdout).toMatch(/^.* uwe {2}first line\n.* uwe {2}second \\u\{1b\}\[2J line\n$/);
});

test('leaving, being stopped and being ended by a signal give the screen back', async () => {
  await addUsers('sven', 'tina');
  const program = `${process.execPath} ${programFile} chat --as sven --with tina`;
  await using shell = await openTmuxTerminal(bench.sandbox, ['bash', '--norc', '--noprofile', '-i'], {
    columns: 70,
    rows: 14,
  });
  await shell.type(`PS1='ready> '; echo before\n`);
  await shell.shows('ready>');
  const started = async (): Promise<void> => {
    await shell.shows('No messages yet');
    expect(await shell.ask('#{alternate_on}')).toBe('1');
  };
  const back = async (text: string | RegExp): Promise<void> => {
    const rows = await shell.shows(text);
    expect(rows.join('\n')).toContain('before');
    expect(await shell.ask('#{alternate_on},#{cursor_flag}')).toBe('0,1');
  };
  await shell.type(`${program}; echo left with $?\n`);
  await started();
  await shell.press('C-z');
  await back('Stopped');
  await shell.type('fg\n');
  await started();
  await shell.press('C-c');
  await back(/left with \d+/);
  await shell.type(`clear; echo before; ${program}; echo ended with $?\n`);
  await started();
  const running = await processesWith(`HOME=${bench.sandbox.home}`);
  for (const { pid, command } of running) if (command.includes('chat --as sven')) process.kill(pid, 'SIGTERM');
  await back(/ended with (?:130|143)/);
}, 60_000);
