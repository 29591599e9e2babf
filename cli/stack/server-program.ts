/**
 * How a process of servers is started. V8's young generation may grow to twice its usual size: what a message needs on
 * its way lives for up to a second (until history has it), and with the usual 16 MiB, collected four times a second at
 * 1 000 messages/s, half of it was taken for old. Twice as much went to the old generation (4 instead of 2 MB/s), whose
 * collections are what stalls everybody. It can be set at the start only. See services/runtime/heap-growth.ts.
 */
const flags = ['--max-semi-space-size=32'];

/** `program`: [node, its options, script]. Options that are there stay, and come last, where they win. */
export function serverProgram(program: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const [node, ...rest] = program;
  return [node, ...flags.filter((flag) => !rest.includes(flag)), ...rest];
}
