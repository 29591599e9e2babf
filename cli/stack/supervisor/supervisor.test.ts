import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../services/core/random.ts';
import { fakeProcesses, fakeServer, handClock } from './fake-processes.fixture.ts';
import { createSupervisor } from './supervisor.ts';

const never = new AbortController().signal;
/** All that is promised by now happens. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Names = readonly (readonly [name: string, serverId?: string])[];

function open(servers: Names, deaf?: ReadonlySet<string>) {
  const clock = handClock();
  const processes = fakeProcesses(deaf);
  const log: string[] = [];
  const prepared: string[] = [];
  const supervisor = createSupervisor({
    clock,
    random: { ...seededRandom(1), next: () => 1 },
    graceMs: 5000,
    launch: processes.launch,
    report: (level, fields, message) => void log.push(`${level} ${message} ${JSON.stringify(fields)}`),
    changed: () => undefined,
    prepared: (engine) => void prepared.push(engine),
  });
  supervisor.add(servers.map(([name, serverId]) => fakeServer(name, serverId)));
  return { clock, processes, log, prepared, supervisor };
}

describe('a server that ends', () => {
  test('starts again after a delay that grows, and that says why', () => {
    const { clock, processes, log, supervisor } = open([['messaging', 's1']]);
    processes.of('s1').ready();
    processes.of('s1').end({ code: null, signal: 'SIGKILL' });
    expect(log).toEqual(['warn server messaging-s1 was ended by SIGKILL; it starts again in 200 ms {"restarts":0}']);
    expect(supervisor.records()).toEqual([
      {
        serverId: 's1',
        pid: null,
        processStart: expect.any(String),
        state: 'waiting',
        restarts: 0,
        lastEnd: 'was ended by SIGKILL',
        nextStartAtMs: 200,
      },
    ]);
    clock.advance(199);
    expect(processes.all).toHaveLength(1);
    clock.advance(1);
    expect(supervisor.records()).toMatchObject([{ pid: 101, state: 'starting', restarts: 1, nextStartAtMs: null }]);
    processes.of('s1').end({ code: 1, output: 'the roof is on fire' });
    expect(log[1]).toBe(
      'warn server messaging-s1 ended with exit code 1; it starts again in 400 ms {"restarts":1,"output":"the roof is on fire"}',
    );
  });

  test('is never given up, and never waits longer than 15 s', () => {
    const { clock, processes } = open([['connect']]);
    for (let round = 1; round <= 50; round += 1) {
      processes.of('connect').end({ code: 1 });
      clock.advance(15_000);
      expect(processes.all).toHaveLength(round + 1);
    }
  });

  test('after it ran for long starts soon again', () => {
    const { clock, processes, log } = open([['connect']]);
    for (let round = 0; round < 5; round += 1) {
      processes.of('connect').end({ code: 1 });
      clock.advance(15_000);
    }
    processes.of('connect').ready();
    clock.advance(60_000);
    processes.of('connect').end({ code: 1 });
    expect(log.at(-1)).toContain('it starts again in 200 ms');
  });

  test('tells what it said of its failure instead of its output', () => {
    const { processes, log } = open([['connect']]);
    processes.of('connect').ready();
    const error = { code: 'port.busy', message: 'port 7101 is taken', hint: null, causes: [] } as const;
    processes.of('connect').events.message({ kind: 'failed', error });
    processes.of('connect').end({ code: 1, output: 'error: port 7101 is taken' });
    expect(log).toEqual([
      'warn server connect ended with exit code 1: port 7101 is taken; it starts again in 200 ms {"restarts":0}',
    ]);
  });
});

describe('a start', () => {
  test('is done when all servers are ready, also those that ended meanwhile', async () => {
    const { clock, processes, supervisor } = open([['profile'], ['connect']]);
    let isReady = false;
    const ready = supervisor.ready(never).then(() => (isReady = true));
    processes.of('profile').ready();
    processes.of('connect').end({ code: null, signal: 'SIGSEGV' });
    clock.advance(200);
    await Promise.resolve();
    expect(isReady).toBe(false);
    processes.of('connect').ready();
    await ready;
  });

  test('listens when all have, and by then may not be ready', async () => {
    const { processes, supervisor } = open([['profile'], ['connect']]);
    const listening = supervisor.listening(never);
    for (const one of processes.all) one.events.message({ kind: 'listening', afterMs: 1 });
    await listening;
    expect(supervisor.records().map(({ state }) => state)).toEqual(['starting', 'starting']);
  });

  test('fails with what a server says that it cannot start for', async () => {
    const { processes, supervisor } = open([['profile'], ['connect']]);
    const error = { code: 'port.busy', message: 'port 7101 is taken', hint: 'another one', causes: ['why'] } as const;
    processes.of('connect').events.message({ kind: 'failed', error });
    processes.of('connect').end({ code: 1 });
    await expect(supervisor.ready(never)).rejects.toMatchObject({
      code: 'port.busy',
      message: 'port 7101 is taken',
      hint: 'another one',
      cause: { message: 'why' },
    });
  });

  test('ends with the reason of its signal', async () => {
    const { supervisor } = open([['profile']]);
    const stop = new AbortController();
    const ready = supervisor.ready(stop.signal);
    stop.abort(new Error('interrupted'));
    await expect(ready).rejects.toThrow('interrupted');
  });

  test('lets one server open an engine first; the others follow when it has made what they need, or has ended', () => {
    const { processes, supervisor } = open([['profile'], ['configurator'], ['history']]);
    supervisor.announce('cassandra', 'profile');
    supervisor.announce('kafka', 'configurator');
    const announced = (): (readonly string[])[] => processes.all.map((one) => [...one.announced]);
    expect(announced()).toEqual([['cassandra'], ['kafka'], []]);
    processes.of('profile').events.message({ kind: 'prepared', engine: 'cassandra' });
    expect(announced()).toEqual([['cassandra'], ['kafka', 'cassandra'], ['cassandra']]);
    processes.of('configurator').end({ code: 1 });
    expect(processes.of('history').announced).toEqual(['cassandra', 'kafka']);
    expect(processes.of('profile').announced).toEqual(['cassandra', 'kafka']);
  });

  test('the others do not wait for ever for one that hangs, and after a stop nobody is told', async () => {
    const { clock, processes, supervisor } = open([['profile'], ['history']]);
    supervisor.announce('cassandra', 'profile');
    clock.advance(59_999);
    expect(processes.of('history').announced).toEqual([]);
    clock.advance(1);
    expect(processes.of('history').announced).toEqual(['cassandra']);
    supervisor.announce('kafka', 'profile');
    await supervisor.stopAll();
    clock.advance(60_000);
    expect(processes.of('history').announced).toEqual(['cassandra']);
  });

  test('tells each process which engines are up, also one that starts later, and hears once what is there for all', () => {
    const { clock, processes, prepared, supervisor } = open([['profile'], ['history']]);
    supervisor.announce('cassandra');
    processes.of('profile').events.message({ kind: 'prepared', engine: 'cassandra' });
    expect(prepared).toEqual([]);
    // One that listens has all that it needs.
    processes.of('history').events.message({ kind: 'listening', afterMs: 1 });
    expect(prepared).toEqual(['cassandra']);
    processes.of('history').end({ code: 1 });
    supervisor.announce('redis');
    clock.advance(200);
    supervisor.add([fakeServer('messaging', 's3')]);
    expect(processes.of('history').announced).toEqual(['cassandra', 'redis']);
    expect(processes.of('s3').announced).toEqual(['cassandra', 'redis']);
    processes.of('profile').events.message({ kind: 'prepared', engine: 'cassandra' });
    expect(prepared).toEqual(['cassandra']);
  });
});

const whole: Names = [
  ['profile'],
  ['connect'],
  ['messaging', 's1'],
  ['messaging', 's2'],
  ['materialize'],
  ['history'],
  ['configurator'],
];

describe('a stop', () => {
  test('goes in order: the configurator, who takes from clients, who writes and reads history, profile', async () => {
    const { processes, supervisor } = open(whole);
    const order: string[] = [];
    for (const one of processes.all) {
      one.ready();
      const push = one.signals.push.bind(one.signals);
      one.signals.push = (...names) => {
        order.push(one.serverId);
        return push(...names);
      };
    }
    await supervisor.stopAll();
    expect(order.join(' ')).toMatch(/^configurator connect s1 s2 (materialize history|history materialize) profile$/);
    expect(supervisor.records().every(({ pid }) => pid === null)).toBe(true);
  });

  test('kills who does not hear, sends no second SIGTERM, and starts nobody again', async () => {
    const { clock, processes, log, supervisor } = open([['connect'], ['profile']], new Set(['connect']));
    for (const one of processes.all) one.ready();
    const stops = Promise.all([supervisor.stopAll(), supervisor.stopAll()]);
    await turn();
    clock.advance(4999);
    expect(processes.of('connect').signals).toEqual(['SIGTERM']);
    clock.advance(1);
    await stops;
    expect(processes.of('connect').signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(log).toEqual(['warn server connect did not stop within 5000 ms: it is killed {}']);
    clock.advance(60_000);
    expect(processes.all).toHaveLength(2);
  });

  test('does not start again who waits for it, nor who ends before its turn', async () => {
    const { clock, processes, supervisor } = open([['profile'], ['connect']], new Set(['connect']));
    for (const one of processes.all) one.ready();
    processes.of('profile').end({ code: 1 });
    const stop = supervisor.stopAll();
    await turn();
    clock.advance(5000);
    await stop;
    clock.advance(60_000);
    expect(processes.all).toHaveLength(2);
  });

  test('of some leaves the others', async () => {
    const { processes, supervisor } = open([
      ['messaging', 's1'],
      ['messaging', 's2'],
    ]);
    for (const one of processes.all) one.ready();
    await supervisor.remove(new Set(['s2']));
    expect(supervisor.records()).toMatchObject([{ serverId: 's1', state: 'running' }]);
    expect(supervisor.servers.map(({ serverId }) => serverId)).toEqual(['s1']);
    expect(processes.of('s1').signals).toEqual([]);
  });
});
