import { describe, expect, test, vi } from 'vitest';
import type { LogLine } from '../output/log-line.ts';
import { handClock } from './supervisor/fake-processes.fixture.ts';
import { mergeLogs, type LogSource } from './merged-log.ts';

const line = (part: string, second: number | undefined, message = ''): LogLine => ({
  time: second === undefined ? '' : `2026-01-01T00:00:0${second}.000Z`,
  level: 'info',
  part,
  message,
  fields: {},
});

function source(
  history: readonly LogLine[],
  live: readonly LogLine[] = [],
  key: string = history[0]?.part ?? '',
): LogSource {
  return {
    key,
    open: ({ tail }) =>
      Promise.resolve({
        history: history.slice(-tail),
        async *live() {
          for (const one of live) yield await Promise.resolve(one);
        },
      }),
  };
}

async function read(sources: readonly LogSource[], more: { tail?: number; follow?: boolean; part?: string } = {}) {
  const { tail = 10, follow = false, part } = more;
  const accept = (one: LogLine): boolean => part === undefined || one.part === part;
  const lines: LogLine[] = [];
  const stop = new AbortController();
  // Nobody waits for other logs.
  const clock = { ...handClock(), sleep: () => Promise.resolve(stop.abort()) };
  const find = () => Promise.resolve(sources);
  for await (const one of mergeLogs(find, { tail, follow, accept, signal: stop.signal, clock })) lines.push(one);
  return lines.map((one) => `${one.part}${one.time.slice(18, 19)}${one.message}`);
}

describe('merged logs', () => {
  const a = source([line('a', 1), line('a', 4), line('a', undefined, ' at x'), line('a', 5)], [line('a', 7)]);
  const b = source([line('b', 2), line('b', 4), line('b', 6)], [line('b', 8)]);

  test('are in order of time, and a line without one stays behind its own', async () => {
    expect(await read([a, b])).toEqual(['a1', 'b2', 'a4', 'a at x', 'b4', 'a5', 'b6']);
  });

  test('end with the last lines that are wanted', async () => {
    expect(await read([a, b], { tail: 2 })).toEqual(['a5', 'b6']);
    expect(await read([a, b], { tail: 2, part: 'a' })).toEqual(['a at x', 'a5']);
    expect(await read([a, b], { tail: 0 })).toEqual([]);
  });

  test('go on with what is added', async () => {
    expect(await read([a, b], { tail: 1, follow: true })).toEqual(['b6', 'a7', 'b8']);
    expect(await read([a, b], { tail: 0, follow: true, part: 'b' })).toEqual(['b8']);
  });

  test('take in what was not there before, whole, and what is found again not twice', async () => {
    const c = source([line('c', 8)], [line('c', 9)]);
    // A second is one turn.
    const clock = { ...handClock(), sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
    const stop = new AbortController();
    let looks = 0;
    const find = (): Promise<LogSource[]> => {
      looks += 1;
      if (looks === 1) return Promise.resolve([a]);
      // Who cannot be asked for once is asked again.
      if (looks === 2) return Promise.reject(new Error('no engine'));
      return Promise.resolve([a, c]);
    };
    const lines: string[] = [];
    const reading = (async () => {
      const options = { tail: 0, follow: true, accept: () => true, signal: stop.signal, clock };
      for await (const one of mergeLogs(find, options)) lines.push(`${one.part}${one.time.slice(18, 19)}`);
    })();
    await vi.waitFor(() => expect(looks).toBeGreaterThan(4));
    await vi.waitFor(() => expect(lines).toEqual(['a7', 'c8', 'c9']));
    stop.abort();
    await reading;
    expect(lines).toEqual(['a7', 'c8', 'c9']);
  });
});
