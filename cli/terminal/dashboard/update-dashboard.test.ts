import { expect, test } from 'vitest';
import { figures, logged, play, pressed, servers, startedMs } from './dashboard.fixture.ts';
import { mostLines, mostRates } from './state.ts';

test('rates are what was counted between two measures; a count that began anew gives none', () => {
  const { state } = play([
    { kind: 'measured', servers, figures: figures(1, { sent: 10, delivered: 20, cpuSeconds: 1 }) },
    { kind: 'measured', servers, figures: figures(3, { sent: 40, delivered: 80, cpuSeconds: 1.5 }) },
    { kind: 'measured', servers, figures: figures(4, { sent: 2, delivered: 1, cpuSeconds: 0.1 }) },
    { kind: 'measured', servers, figures: undefined },
  ]);
  expect(state.rates).toEqual([{ sent: 15, delivered: 30, cpu: 0.25 }]);
  expect(state.latest).toMatchObject({ sent: 2 });
});

test('a server is in its state since it changed, not since it was asked last', () => {
  const sick = servers.map((server, index) =>
    index === 2 ? { ...server, state: 'not ready' as const, reason: 'no lease', sinceMs: startedMs + 60_000 } : server,
  );
  const later = sick.map((server) => ({ ...server, sinceMs: startedMs + 90_000 }));
  const { state } = play([
    { kind: 'measured', servers: sick, figures: undefined },
    { kind: 'measured', servers: later, figures: undefined },
  ]);
  expect(state.servers.map(({ sinceMs }) => sinceMs - startedMs)).toEqual([
    1_000, 1_000, 60_000, 1_000, 1_000, 1_000, 1_000,
  ]);
});

test('keys: q and Ctrl-C stop, l changes what is shown of the log, any key ends help', () => {
  expect(play([pressed('q')]).effects).toEqual(['quit']);
  expect(play([pressed('c', true)]).effects).toEqual(['interrupt']);
  expect(play([pressed('z', true)]).effects).toEqual(['suspend']);
  expect(play([pressed('l')]).state.shows).toBe('all lines');
  expect(play([pressed('l'), pressed('l')]).state.shows).toBe('warnings');
  expect(play([pressed('?')]).state.help).toBe(true);
  expect(play([pressed('?'), pressed('l')]).state).toMatchObject({ help: false, shows: 'warnings' });
});

test('what it keeps is bounded, and warnings outlive the lines around them', () => {
  const many = Array.from({ length: 1_000 }, () => logged('info', 'again'));
  const measures = Array.from({ length: 1_000 }, (_, index) => ({
    kind: 'measured' as const,
    servers,
    figures: figures(index + 1),
  }));
  const { state } = play([logged('warn', 'once'), ...many, ...measures]);
  expect([state.lines.length, state.rates.length]).toEqual([mostLines, mostRates]);
  expect(state.warnings.map(({ text }) => text)).toEqual(['once']);
});
