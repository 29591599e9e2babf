/**
 * One run: a stack, a crowd that chats, rounds of harm, and the verdict on what everybody saw.
 */
import { messageFrom } from '../../../services/core/thrown.ts';
import { seededRandom, type Random } from '../../../services/core/random.ts';
import { systemClock } from '../../../services/core/time/clock.ts';
import { openSandbox, type Sandbox } from '../sandbox.ts';
import { openCrowd, type Crowd } from './crowd.ts';
import type { StackHandle } from './stack-handle.ts';
import { judge, type Verdict } from './verdict.ts';

export interface Scene<S extends StackHandle = StackHandle> {
  readonly stack: S;
  readonly crowd: Crowd;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Scenario<S extends StackHandle> {
  readonly title: string;
  readonly rounds: number;
  readonly seed: number;
  readonly users: number;
  /** Does one round's harm; answers with figures, of which sum and maximum are shown. */
  round(scene: Scene<S>, round: number): Promise<Readonly<Record<string, number>>>;
  /** Rounds between two lines of progress; default 10. */
  readonly reportEvery?: number;
  readonly start: (sandbox: Sandbox, say: (line: string) => void) => Promise<S>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const settleMs = 60_000;

/** True when nothing was found and the checker found what was planted. */
export async function play<S extends StackHandle>(scenario: Scenario<S>): Promise<boolean> {
  const { title, rounds, seed, users, say, signal } = scenario;
  const random = seededRandom(seed);
  say(`${title}: ${rounds} rounds, ${users} users with two devices each, seed ${seed}`);
  const startMs = systemClock.monotonicMs();
  await using sandbox = await openSandbox();
  await using stack = await scenario.start(sandbox, say);
  await stack.widenHistory();
  await using crowd = await openCrowd({ stack, users, random, signal });
  const figures = new Map<string, number[]>();
  const broken: string[] = [];
  const lately: Readonly<Record<string, number>>[] = [];
  const { reportEvery = 10 } = scenario;
  for (let round = 1; round <= rounds && broken.length === 0; round += 1) {
    try {
      const measured = await scenario.round({ stack, crowd, random, signal }, round);
      for (const [name, value] of Object.entries(measured)) figures.set(name, [...(figures.get(name) ?? []), value]);
      lately.push(measured);
    } catch (error) {
      signal.throwIfAborted();
      broken.push(`round ${round}: ${messageFrom(error)}`);
    }
    if (lately.length >= reportEvery) {
      say(`  round ${round}: ${crowd.ackedCount} acknowledged, ${crowd.deliveredCount} delivered; ${digest(lately)}`);
      lately.length = 0;
    }
  }
  const unsettled = await crowd.settle(settleMs);
  let verdict: Verdict | undefined;
  try {
    await stack.ready();
    figures.set('end of load to history complete (ms)', [await crowd.untilInHistory()]);
    verdict = judge(await crowd.evidence(), random);
  } catch (error) {
    broken.push(`no verdict: ${messageFrom(error)}`);
  }
  const { findings, blindTo } = verdict ?? { findings: [], blindTo: [] };
  if (broken.length > 0) say(await stack.tail());
  const stillThere = await endedInOrder(stack, sandbox);

  say('');
  const rows: [string, string][] = [
    ['rounds', String(rounds)],
    ['messages sent', String(crowd.sentCount)],
    ['acknowledged', String(crowd.ackedCount)],
    ['delivered to devices', String(crowd.deliveredCount)],
    ...[...figures].map(([name, values]): [string, string] => [name, summary(values)]),
    ['the whole run', `${((systemClock.monotonicMs() - startMs) / 1000).toFixed(0)} s`],
    ...['loss', 'duplicate', 'reorder', 'difference', 'invented'].map((kind): [string, string] => [
      `findings: ${kind}`,
      verdict === undefined
        ? 'not judged'
        : String(findings.filter((finding) => finding.startsWith(`${kind}:`)).length),
    ]),
    ['planted faults missed', verdict === undefined ? 'not judged' : String(blindTo.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) say(`${name.padEnd(width)}  ${value}`);
  const faults = [
    ...broken,
    ...findings,
    ...blindTo.map((what) => `the checker missed ${what}`),
    ...unsettled,
    ...stillThere,
  ];
  for (const line of fewOfEach(faults)) say(`FAULT ${line}`);
  if (crowd.ackedCount === 0) say('FAULT nothing was sent');
  return faults.length === 0 && crowd.ackedCount > 0;
}

/** The first three of each kind and place ("duplicate: feed of user 5 at …: what"), and how many more there are. */
function fewOfEach(faults: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const fault of faults) {
    const group = fault.split(': ').slice(0, 2).join(': ');
    groups.set(group, [...(groups.get(group) ?? []), fault]);
  }
  return [...groups].flatMap(([group, all]) =>
    all.length > 3 ? [...all.slice(0, 3), `${group}: … ${all.length - 3} more`] : all,
  );
}

/** Stops it; answers what is left, and what went wrong. */
async function endedInOrder(stack: StackHandle, sandbox: Sandbox): Promise<string[]> {
  try {
    await stack[Symbol.asyncDispose]();
  } catch (error) {
    return [messageFrom(error)];
  }
  return sandbox.leftovers();
}

/** What the last rounds measured, by name. */
function digest(rounds: readonly Readonly<Record<string, number>>[]): string {
  const names = [...new Set(rounds.flatMap((measured) => Object.keys(measured)))];
  const valuesOf = (name: string): number[] => rounds.flatMap((measured) => measured[name] ?? []);
  return names
    .map((name) => `${name} ${rounds.length === 1 ? Math.round(valuesOf(name)[0] ?? 0) : summary(valuesOf(name))}`)
    .join('; ');
}

function summary(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
  return `median ${at(0.5)}, p90 ${at(0.9)}, longest ${at(1)}`;
}
