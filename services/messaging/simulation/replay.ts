/**
 * Replays schedules: npx tsx services/messaging/simulation/replay.ts --seed 17 [--count 100] [--mutant "no fence"] [--trace]
 * Prints each failing seed with what went wrong; exits with 1 when there was one.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import { simulate } from './simulate.ts';

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = replay(process.argv.slice(2));

function replay(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '1' },
      mutant: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  const mutant = Object.entries(mutants).find(([name]) => name === values.mutant)?.[1];
  if (values.mutant !== undefined && mutant === undefined) {
    process.stderr.write(`no mutant "${values.mutant}": ${Object.keys(mutants).join(', ')}\n`);
    return 2;
  }
  const first = Number(values.seed);
  let [failed, messages, records] = [0, 0, 0];
  for (let seed = first; seed < first + Number(values.count); seed += 1) {
    const outcome = simulate(seed, { traced: values.trace, ...(mutant === undefined ? {} : { mutant }) });
    messages += outcome.messages;
    records += outcome.records;
    for (const line of outcome.trace) process.stdout.write(`${line}\n`);
    if (outcome.violations.length === 0) continue;
    failed += 1;
    process.stdout.write(`seed ${seed}: ${outcome.violations.slice(0, 5).join('; ')}\n`);
  }
  process.stdout.write(
    `${Number(values.count)} schedules, ${messages} messages, ${records} records, ${failed} failed\n`,
  );
  return failed === 0 ? 0 : 1;
}
