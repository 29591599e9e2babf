/**
 * The checks of `npm run check`. Each takes the root of a tree and answers with its findings; none = passed.
 * .checks/planted.test.ts runs the same functions on planted violations, so each has been seen failing.
 */
import { checkDirections } from './directions.ts';
import { checkGenerated, checkProtoStyle, checkWireCompatibility } from './protos.ts';
import { findingsOf, lines, run, runTool } from './tool.ts';

export interface Check {
  readonly name: string;
  readonly run: (root: string) => Promise<string[]>;
}

const tool = (name: string, command: string, args: readonly string[]): Check => ({
  name,
  run: async (root) => findingsOf(name, await runTool(command, args, root)),
});

const allowedAtTheTop = new Set(
  'bin cli services compose protos package.json package-lock.json tsconfig.json README.md LICENSE'.split(' '),
);

async function checkTopLevel(root: string): Promise<string[]> {
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], root);
  const names = new Set(lines(listed.stdout).map((file) => file.split('/')[0] ?? file));
  return [...names]
    .filter((name) => !name.startsWith('.') && !allowedAtTheTop.has(name))
    .map((name) => `"${name}" does not belong at the top level`);
}

export const typesCheck = tool('types', 'tsc', ['--noEmit', '--pretty', 'false']);
export const lintCheck = tool('lint', 'oxlint', ['--type-aware', '--deny-warnings', '--format', 'unix']);
export const formatCheck = tool('format', 'oxfmt', ['--check']);
export const deadCodeCheck = tool('dead code', 'knip', [
  '--config',
  '.knip.json',
  '--reporter',
  'compact',
  '--no-progress',
]);
export const directionsCheck: Check = { name: 'import directions', run: checkDirections };
export const protoStyleCheck: Check = { name: 'proto style', run: checkProtoStyle };
export const generatedCheck: Check = { name: 'generated code', run: checkGenerated };
export const wireCheck: Check = { name: 'wire compatibility', run: checkWireCompatibility };
export const topLevelCheck: Check = { name: 'top level', run: checkTopLevel };

/** Cheapest first. */
export const checks: readonly Check[] = [
  topLevelCheck,
  formatCheck,
  lintCheck,
  protoStyleCheck,
  generatedCheck,
  wireCheck,
  directionsCheck,
  deadCodeCheck,
  typesCheck,
];
