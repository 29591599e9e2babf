/**
 * What the terminal client makes of its user's attention, before the first frame and after: in real
 * pseudo-terminals, on a running stack whose partitions move.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../services/core/time/clock.ts';
import { programFile } from '../sandbox.ts';
import { openTerminalBench, type TerminalBench } from './terminal-bench.ts';
import { openTmuxTerminal, type TmuxTerminal } from './tmux-terminal.ts';

const focusIn = '\u001b[I';
const focusOut = '\u001b[O';

let bench: TerminalBench;

beforeAll(async () => {
  bench = await openTerminalBench();
});
afterAll(() => bench.end());

async function stackPid(): Promise<number> {
  return (await bench.sandbox.json(['status'])).data.at('pid').number();
}

/** Resolves when the program reads keys, not lines: not even the signals that keys stand for, as a shell does. */
async function untilRaw(terminal: TmuxTerminal): Promise<void> {
  const tty = await terminal.ask('#{pane_tty}');
  const endMs = systemClock.monotonicMs() + 10_000;
  while (!(await promisify(execFile)('stty', ['-F', tty, '-a'])).stdout.includes('-isig')) {
    if (systemClock.monotonicMs() > endMs) throw new Error('the terminal still reads lines');
    await systemClock.sleep(10);
  }
}

test('what is typed while it starts is in the composer then, and nowhere else', async () => {
  await bench.addUsers('yara', 'zoe');
  const pid = await stackPid();
  // Nothing answers: it starts until the stack goes on.
  process.kill(pid, 'SIGSTOP');
  await using terminal = await bench.chat(['--as', 'yara', '--with', 'zoe'], { columns: 60 });
  try {
    await untilRaw(terminal);
    await terminal.type('before the first');
    await terminal.press('Enter');
    await terminal.paste('frame\nof all');
    expect(await terminal.ask('#{alternate_on}')).toBe('0');
    expect((await terminal.rows()).join('')).toBe('');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await terminal.shows((rows) => rows.includes(' › frame') && rows.includes('   of all'));
  await terminal.shows(/┃ before the first +(?:processed|delivered)/);
});

test('what is typed before the program reads keys is not lost either', async () => {
  await bench.addUsers('abel', 'bea');
  await using terminal = await bench.chat(['--as', 'abel', '--with', 'bea'], { columns: 60 });
  await terminal.type('at once');
  expect((await terminal.shows('› at once')).join('\n').match(/at once/g)).toHaveLength(1);
});

test('Ctrl-C while it starts leaves, and gives the terminal back', async () => {
  await bench.addUsers('cyd', 'dov');
  const pid = await stackPid();
  await using shell = await openTmuxTerminal(bench.sandbox, ['bash', '--norc', '--noprofile', '-i']);
  process.kill(pid, 'SIGSTOP');
  try {
    await shell.type(`PS1='ready> '; ${process.execPath} ${programFile} chat --as cyd --with dov; echo left with $?\n`);
    await untilRaw(shell);
    await shell.press('C-c');
    await shell.shows(/left with 130/);
    await shell.shows('interrupted');
    await shell.type('echo typed\n');
    // By the shell: what it is given is shown, and so is what it says.
    expect((await shell.shows(/^typed/m)).join('\n')).toContain('ready> echo typed');
    expect(await shell.ask('#{alternate_on},#{cursor_flag}')).toBe('0,1');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('away from the terminal: the bell rings, the title counts, nothing is seen until its user is back', async () => {
  await bench.addUsers('eva', 'finn');
  await using partner = await bench.chat(['--as', 'finn', '--with', 'eva'], { columns: 70 });
  await using terminal = await bench.chat(['--as', 'eva', '--with', 'finn', '--bell', '--title'], { columns: 70 });
  await terminal.shows('No messages yet');
  const titleIs = (title: string): Promise<void> => terminal.becomes('#{pane_title}', title);
  await titleIs('eva · cecochat');
  await terminal.says(focusOut);
  await bench.send('finn', 'eva', 'is anybody there?');
  await terminal.shows('│ is anybody there?');
  await terminal.shows(/─ new ─/);
  await titleIs('(1) eva · cecochat');
  expect(await terminal.ask('#{@bells}')).toBe('x');
  await partner.shows(/is anybody there\? +delivered/);
  await terminal.says(focusIn);
  await partner.shows(/is anybody there\? +seen/);
  await titleIs('eva · cecochat');
  await bench.send('finn', 'eva', 'good');
  await partner.shows(/good +seen/);
  expect(await terminal.ask('#{@bells}')).toBe('x');
  await terminal.press('C-c');
  await terminal.becomes('#{pane_dead}', '1');
  expect(await terminal.ask('#{pane_title}')).not.toContain('eva');
});

test('partitions move while two people chat: nothing is lost or doubled, and only the status line says so', async () => {
  await bench.addUsers('gus', 'hal');
  await bench.stack.movePartitions({ s1: '0-179', s2: '180-359' });
  await using terminal = await bench.chat(['--as', 'gus', '--as', 'hal'], { columns: 140, rows: 60 });
  const rows = await terminal.shows(/connected to s\d[^\n]*connected to s\d/);
  const before = [...(rows.at(-1) ?? '').matchAll(/connected to s(\d)/g)].map(([, server]) => server);
  const after = before.map((server) => `connected to s${server === '1' ? '2' : '1'}`);
  const said = Array.from({ length: 40 }, (_, index) => `said ${index + 1}.`);
  const talk = async (): Promise<void> => {
    for (const text of said) {
      await terminal.type(text);
      await terminal.press('Enter');
    }
  };
  const move = async (): Promise<void> => {
    await terminal.shows('┃ said 5.');
    await bench.stack.movePartitions({ s1: '180-359', s2: '0-179' });
  };
  await Promise.all([talk(), move()]);
  await terminal.shows(new RegExp(after.join('[^\n]*')), 30_000);
  const end = await terminal.shows(/┃ said 40\. +seen .*│ said 40\./);
  for (const bar of ['┃', '│'])
    expect(end.flatMap((row) => new RegExp(`${bar} (said \\d+\\.)`).exec(row)?.[1] ?? [])).toEqual(said);
}, 60_000);
