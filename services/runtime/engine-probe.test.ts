import { expect, test } from 'vitest';
import { CecochatError } from '../core/errors.ts';
import { systemClock, type Clock } from '../core/time/clock.ts';
import { startEngineProbe, type EngineProbe } from './engine-probe.ts';
import type { Log } from './log.ts';

/** A probe whose time and engine are moved by hand. */
function openProbe() {
  const said: string[] = [];
  const say = (_fields: object, message: string): void => void said.push(message);
  const log: Log = { debug: say, info: say, warn: say, error: say, child: () => log };
  const questions: { readonly answer: () => void; readonly fail: (error: Error) => void }[] = [];
  let nowMs = 0;
  let ticks: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    every(_ms, work) {
      ticks.push(work);
      return { cancel: () => (ticks = []) };
    },
  };
  const ask = () => new Promise<void>((answer, fail) => void questions.push({ answer, fail }));
  const probe: EngineProbe = startEngineProbe({ engine: 'the store', ask, clock, log });
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const tick of ticks) tick();
  };
  /** The last question gets its answer. */
  const settle = async (error?: Error): Promise<void> => {
    if (error === undefined) questions.at(-1)?.answer();
    else questions.at(-1)?.fail(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { probe, said, questions, pass, settle };
}

test('says why the engine does not answer, and says nothing once it answers again', async () => {
  const { probe, said, pass, settle } = openProbe();
  pass(1_000);
  await settle();
  expect(probe.notReady()).toEqual([]);
  pass(1_000);
  await settle(new CecochatError('engine.unavailable', 'refused'));
  expect(probe.notReady()).toEqual(['the store: refused']);
  pass(1_000);
  await settle(new CecochatError('engine.unavailable', 'refused'));
  pass(1_000);
  await settle();
  expect(probe.notReady()).toEqual([]);
  expect(said).toEqual(['the store does not answer', 'the store answers again']);
});

test('a question without an answer counts after three seconds, and none is asked beside it', async () => {
  const { probe, questions, pass, settle } = openProbe();
  pass(1_000);
  pass(2_900);
  expect(probe.notReady()).toEqual([]);
  pass(100);
  expect(probe.notReady()).toEqual(['the store has not answered for 3 s']);
  expect(questions).toHaveLength(1);
  await settle();
  expect(probe.notReady()).toEqual([]);
});

test('asks nothing more when it is disposed of', async () => {
  const { probe, questions, pass } = openProbe();
  await probe[Symbol.asyncDispose]();
  pass(1_000);
  expect(questions).toEqual([]);
});
