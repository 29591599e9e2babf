/**
 * How `up` starts a process of servers; containers, and `service run` by hand, have V8's own sizes. Here the young
 * generation may grow to twice as much. What a message needs lives for up to a second, until history has it: with the
 * usual 16 MiB, collected four times a second at 1 000 messages/s, twice as much of it was taken for old (4 instead of
 * 2 MB/s), and collections of what is old stall everybody. See services/runtime/heap-growth.ts.
 */
import type { Environment } from '../commands/environment.ts';

const flags = ['--max-semi-space-size=32'];

/** [node, its options, script]. A size that somebody has set, as an option or in NODE_OPTIONS, stays. */
export function serverProgram({ program, env }: Pick<Environment, 'program' | 'env'>): readonly [string, ...string[]] {
  const [node, ...rest] = program;
  const isSet = [env['NODE_OPTIONS'] ?? '', ...rest].some((options) => /semi[-_]space[-_]size/.test(options));
  return isSet ? program : [node, ...flags, ...rest];
}
