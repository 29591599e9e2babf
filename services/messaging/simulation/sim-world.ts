/**
 * What everything in one simulated schedule shares: time, chance, the logs with their faulty producers, the
 * assignment of partitions, and what was observed.
 */
import type { createFold, LogEntry } from '../../core/log/fold.ts';
import type { LogRecord } from '../../core/log/record.ts';
import type { TakeOverStart } from '../../core/log/take-over.ts';
import { randomInt, seededRandom, type Random } from '../../core/random.ts';
import type { Answer } from '../owner/appender.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

/** Changes to the wiring or the rules that the simulation must notice. */
export interface Mutant {
  readonly createFold?: typeof createFold;
  /** Batches count as read back as soon as they are answered. */
  readonly trustsAnswers?: boolean;
  /** The owner is told of an answer while the append is still on its way. */
  readonly twoInFlight?: boolean;
  /** What a take-over makes of what it found. */
  readonly takeOver?: (start: TakeOverStart) => TakeOverStart;
}

export interface World {
  readonly seed: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly partitionCount: number;
  readonly mutant: Mutant;
  readonly logs: readonly LogEntry[][];
  /** Server id by partition, as the configuration has it. */
  readonly assignment: string[];
  /** Which process holds the server's lease. */
  readonly holders: Map<string, object>;
  readonly violations: string[];
  readonly trace: string[] | undefined;
  /** Things go on by the second; otherwise coarse steps are enough. */
  busy(): boolean;
  sleepersCome(): void;
  onWrite(reader: (partition: number) => void): void;
  /** 0 when calm. */
  faultiness(): number;
  calm(): void;
  chance(probability: number): boolean;
  between(low: number, high: number): number;
  nextTerm(above: number): number;
  append(partition: number, records: readonly LogRecord[], answer: (answer: Answer) => void): void;
  say(what: string): void;
}

/** When sleeping clients wake up: what they sent before has expired. */
export const sleepMs = 620_000;
const stormAndHealingMs = 38_000;

export interface WorldSettings {
  readonly seed: number;
  readonly mutant: Mutant;
  readonly faultiness: number;
  readonly traced: boolean;
}

export function createWorld({ seed, mutant, faultiness, traced }: WorldSettings): World {
  const random = seededRandom(seed);
  const scheduler = createScheduler();
  const partitionCount = 2 + randomInt(random, 3);
  const logs = Array.from({ length: partitionCount }, (): LogEntry[] => []);
  const trace: string[] | undefined = traced ? [] : undefined;
  let faults = faultiness;
  const readers: ((partition: number) => void)[] = [];
  let term = 0;
  let sleepers = false;

  const chance = (probability: number): boolean => random.next() < probability;
  const between = (low: number, high: number): number => low + random.next() * (high - low);

  function write(partition: number, records: readonly LogRecord[]): number {
    const log = logs[partition] ?? [];
    const base = log.length;
    for (const record of records) log.push({ offset: log.length, record });
    for (const reader of readers) reader(partition);
    return base;
  }

  const world: World = {
    seed,
    random,
    scheduler,
    partitionCount,
    mutant,
    logs,
    assignment: Array.from({ length: partitionCount }, () => (chance(0.5) ? 's1' : 's2')),
    holders: new Map(),
    violations: [],
    trace,
    busy() {
      const now = scheduler.nowMs();
      return now < stormAndHealingMs || (sleepers && Math.abs(now - sleepMs) < 40_000);
    },
    sleepersCome() {
      sleepers = true;
    },
    onWrite: (reader) => readers.push(reader),
    faultiness: () => faults,
    calm() {
      faults = 0;
    },
    chance,
    between,
    nextTerm(above) {
      term = Math.max(term, above) + 1;
      return term;
    },
    append(partition, records, answer) {
      const log = logs[partition] ?? [];
      const fault = chance(faults) ? randomInt(random, 6) : -1;
      const there = between(1, 30);
      const back = between(0, 20);
      const error = { error: 'timed out' };
      const written = (then: (base: number) => void): void =>
        scheduler.after(there, () => then(write(partition, records)));
      const answered = (ms: number, what: Answer): void => scheduler.after(ms, () => answer(what));
      if (fault >= 0) world.say(`append to ${partition} of ${records.length} goes wrong: ${fault}`);
      if (fault === -1) written((baseOffset) => answered(back, { partition, baseOffset }));
      else if (fault === 0) answered(there, error);
      else if (fault === 1) written(() => answered(back, error));
      // Answered without having written.
      else if (fault === 2) scheduler.after(there, () => answered(back, { partition, baseOffset: log.length }));
      else if (fault === 3) written(() => answered(back, { partition: partition + 1, baseOffset: 0 }));
      else if (fault === 4) written(() => answered(back, { partition, baseOffset: -1 }));
      else {
        answered(there, error);
        scheduler.after(between(100, 30_000), () => write(partition, records));
      }
    },
    say(what) {
      trace?.push(`${scheduler.nowMs().toFixed(1).padStart(10)} ${what}`);
    },
  };
  return world;
}
