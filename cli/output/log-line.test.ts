import { describe, expect, test } from 'vitest';
import { openWorkbench } from '../e2e/run-command.ts';
import { coloursFor } from './colours.ts';
import { formatLogLine, matchesLog, parseLogLine } from './log-line.ts';

const line =
  '{"level":"warn","time":"2026-01-02T03:04:05.678Z","server":"messaging-s2","partition":7,"why":"a b","msg":"moved"}';

describe('a line of the log', () => {
  test('is found by the name and by the id of its server, and by level', () => {
    const parsed = parseLogLine(line);
    const matches = (part: string, level: 'info' | 'error' = 'info'): boolean =>
      matchesLog(parsed, { level, parts: [part] });
    expect(['messaging', 's2', 'messaging-s2', 's1', 'mess'].map((part) => matches(part))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(matches('s2', 'error')).toBe(false);
    expect(matchesLog(parsed, { level: 'warn', parts: [] })).toBe(true);
  });

  test('shows its fields to people', async () => {
    await using bench = await openWorkbench();
    const { stdout } = bench.environment();
    expect(formatLogLine(parseLogLine(line), coloursFor(stdout, {}))).toBe(
      '03:04:05.678 warn  messaging-s2 moved partition=7 why="a b"',
    );
  });

  test.each(['', 'not JSON', '[1]', 'null', '"text"', '{"half":'])(
    'is shown as it is when it is not ours: %j',
    async (text) => {
      await using bench = await openWorkbench();
      const { stdout } = bench.environment();
      expect(formatLogLine(parseLogLine(text), coloursFor(stdout, {}))).toBe(text);
    },
  );
});
