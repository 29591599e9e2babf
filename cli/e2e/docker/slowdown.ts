/**
 * How loaded the machine is, for bounds that were set on a quiet one.
 */
import type { Sandbox } from '../sandbox.ts';

/** How much slower bare node starts than where the bounds were set, which is `usualMs`; at least 1. */
export async function slowdown(sandbox: Sandbox, usualMs = 80): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    times.push((await sandbox.start([process.execPath, '--eval', '0']).ended).tookMs);
  }
  return Math.max(1, (times.toSorted((one, other) => one - other)[2] ?? usualMs) / usualMs);
}
