import { render } from 'ink-testing-library';
import { expect, test } from 'vitest';
import { dashboardLines } from '../dashboard/dashboard-lines.ts';
import { figures, logged, play, pressed, servers, startedMs } from '../dashboard/dashboard.fixture.ts';
import type { DashboardAction } from '../dashboard/update-dashboard.ts';
import { widthOf } from '../text/graphemes.ts';
import { createPaint } from '../view/paint.ts';
import { DashboardScreen } from './dashboard-screen.tsx';

const measured = (seconds: number, given: Parameters<typeof figures>[1] = {}): DashboardAction => ({
  kind: 'measured',
  servers,
  figures: figures(seconds, given),
});
const busy: readonly DashboardAction[] = [
  measured(1),
  measured(2, { sent: 4, delivered: 8, cpuSeconds: 1.1, sessions: 3 }),
  measured(3, { sent: 20, delivered: 40, cpuSeconds: 1.3, sessions: 3, behind: 2 }),
];

/** The testing terminal has this many columns; a wider frame is put together without it. */
const inkColumns = 100;

function frame(actions: readonly DashboardAction[], columns: number, rows: number): string[] {
  const { state } = play(actions, { columns, rows });
  const paint = createPaint(true);
  // oxlint-disable-next-line no-control-regex
  const bare = (row: string): string => row.replaceAll(/\u001b\[\d+m/g, '').trimEnd();
  if (columns > inkColumns)
    return dashboardLines(state, paint).map(({ left, right, rightWidth }) => {
      const room = ' '.repeat(Math.max(0, columns - widthOf(bare(left)) - rightWidth));
      return bare(rightWidth === 0 ? left : left + room + right);
    });
  const { lastFrame, unmount } = render(<DashboardScreen state={state} paint={paint} />);
  const shown = (lastFrame() ?? '').split('\n');
  unmount();
  return shown.map(bare);
}

test('servers, figures and warnings on one screen', () => {
  expect(frame([...busy, logged('warn', 'a slow consumer was cut off'), logged('info', 'hidden')], 80, 24)).toEqual([
    ' cecochat · default · embedded engines · 0.1.0          ● ready · up 2 min 13 s',
    '─'.repeat(80),
    '   Server        State        HTTP    gRPC    Uptime      Partitions',
    ' ● profile       ready        7100    –       2 min 12 s',
    ' ● connect       ready        7101    –       2 min 12 s',
    ' ● messaging s1  ready        7102    7112    2 min 12 s  180',
    ' ● messaging s2  ready        7103    7113    2 min 12 s  180',
    ' ● materialize   ready        7104    –       2 min 12 s',
    ' ● history       ready        7105    7115    2 min 12 s',
    ' ● configurator  ready        7106    –       2 min 12 s',
    '─'.repeat(80),
    ` sent                 16/s  peak 16/s${' '.repeat(40)}▃█`,
    ` delivered            32/s  peak 32/s${' '.repeat(40)}▃█`,
    ' sessions                3  20 messages so far',
    ' behind                  2  records not in history yet',
    ' dead letters            0',
    ' memory            180 MiB  of all servers',
    ` CPU                  20 %  peak 20 %${' '.repeat(40)}▅█`,
    '─'.repeat(80),
    ' 12:00:05 warn  messaging-s1   a slow consumer was cut off',
    '',
    '',
    '',
    ' q stop the stack · l all log lines · ? help',
  ]);
});

test('on a wide screen servers and figures stand side by side', () => {
  const rows = frame(busy, 140, 20);
  expect(rows[3]).toMatch(/^ ● profile .* │ delivered +32\/s/);
  expect(rows).toHaveLength(20);
});

test('on the smallest screen a server that is not ready and dead letters come first', () => {
  const sick = servers.map((server, index) =>
    index === 4 ? { ...server, state: 'unreachable' as const, reason: 'no answer', sinceMs: startedMs } : server,
  );
  expect(frame([{ kind: 'measured', servers: sick, figures: figures(1, { deadLetters: 7 }) }], 20, 6)).toEqual([
    expect.stringContaining('○ 1 of 7'),
    ' 7 dead letters',
    ' ○ materialize   un…',
    ' ● profile       re…',
    '   … and 5 ready',
    expect.stringContaining(' q stop'),
  ]);
});

test.each([
  [20, 6],
  [33, 10],
  [60, 14],
  [80, 24],
  [118, 12],
  [118, 30],
  [300, 100],
])('%i × %i: as many rows as the screen has, none wider', (columns, rows) => {
  const long = 'x'.repeat(400);
  const many = Array.from({ length: 60 }, (_, index) =>
    logged(index % 2 === 0 ? 'error' : 'debug', `${index} ${long}`),
  );
  for (const actions of [
    [],
    busy,
    [...busy, ...many],
    [...busy, ...many, pressed('l')],
    [pressed('?')],
    [pressed('q')],
  ]) {
    const shown = frame(actions, columns, rows);
    expect(shown).toHaveLength(rows);
    for (const row of shown) expect(widthOf(row)).toBeLessThanOrEqual(columns);
  }
});
