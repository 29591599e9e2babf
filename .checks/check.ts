/**
 * npm run check: every check, two at a time, one line for each; all findings of all checks, then exit code 1.
 */
import { checks } from './checks.ts';
import type { Check } from './checks.ts';

const root = process.cwd();
const waiting = [...checks];
let failed = 0;

async function runOne(check: Check): Promise<void> {
  const startMs = performance.now();
  const findings = await check.run(root);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${check.name.padEnd(20)} ${seconds} s`);
  for (const finding of findings) console.log(`      ${finding}`);
  if (findings.length > 0) failed += 1;
}

async function worker(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) await runOne(check);
}

await Promise.all([worker(), worker()]);
console.log(`check: ${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
