/**
 * Processes and time that a test moves by hand.
 */
import type { Clock } from '../../../services/core/time/clock.ts';
import type { EngineName } from '../process/stack-message.ts';
import type { StackServer } from '../stack-files.ts';
import type { LaunchServer, ProcessEnd, ProcessEvents } from './launch-server.ts';

export interface FakeProcess {
  readonly serverId: string;
  readonly pid: number;
  readonly events: ProcessEvents;
  readonly announced: EngineName[];
  readonly signals: string[];
  end(end?: Partial<ProcessEnd>): void;
  ready(): void;
}

export interface FakeProcesses {
  readonly launch: LaunchServer;
  /** All that were launched. */
  readonly all: readonly FakeProcess[];
  /** The latest of a server. */
  of(serverId: string): FakeProcess;
}

/** Those of `deaf` servers hear no SIGTERM; the others end by it at once. */
export function fakeProcesses(deaf: ReadonlySet<string> = new Set()): FakeProcesses {
  const all: FakeProcess[] = [];
  const launch: LaunchServer = ({ serverId }, events) => {
    const pid = 100 + all.length;
    const made: FakeProcess = {
      serverId,
      pid,
      events,
      announced: [],
      signals: [],
      end: (end = {}) => events.ended({ code: 0, signal: null, output: '', ...end }),
      ready: () => events.message({ kind: 'ready', afterMs: 1 }),
    };
    all.push(made);
    return {
      pid,
      processStart: Promise.resolve(`start of ${pid}`),
      announce: (engine) => void made.announced.push(engine),
      signal(name) {
        made.signals.push(name);
        if (name === 'SIGKILL') made.end({ code: null, signal: name });
        else if (!deaf.has(serverId)) made.end();
      },
    };
  };
  return {
    launch,
    all,
    of(serverId) {
      const found = all.findLast((one) => one.serverId === serverId);
      if (found === undefined) throw new Error(`${serverId} was not launched`);
      return found;
    },
  };
}

export interface HandClock extends Clock {
  /** Runs what is due within that time, in order. */
  advance(ms: number): void;
}

export function handClock(): HandClock {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly work: () => void }[] = [];
  const after = (ms: number, work: () => void) => {
    const timer = { atMs: nowMs + ms, work };
    timers.push(timer);
    return { cancel: () => void (timers = timers.filter((one) => one !== timer)) };
  };
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after,
    every: () => ({ cancel: () => undefined }),
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter(({ atMs }) => atMs <= endMs).toSorted((one, other) => one.atMs - other.atMs);
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        nowMs = next.atMs;
        next.work();
      }
      nowMs = endMs;
    },
  };
}

export function fakeServer(name: string, serverId = name): StackServer {
  return { name, serverId, httpAddress: 'http://127.0.0.1:1', grpcAddress: null };
}
