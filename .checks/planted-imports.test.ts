/**
 * Import directions: one planted import for each row of the table, reported under that row's name.
 */
import { expect, test } from 'vitest';
import { checkDirections } from './directions.ts';
import { plantTree } from './planted-tree.ts';

/** from → to, and the rules that must report it. A target that ends in .ts is planted too. */
const plantedImports: readonly (readonly [from: string, to: string, ...rules: string[]])[] = [
  ['services/core/ids.ts', 'fastify', 'core-imports-nothing'],
  ['services/core/chat.ts', 'services/backplane/backplane.ts', 'core-imports-nothing', 'core-tests-import-core'],
  ['services/core/chat.test.ts', 'services/backplane/backplane.ts', 'core-tests-import-core'],
  ['services/history-db/history-db.ts', 'services/config-db/config-db.ts', 'interface-imports-core'],
  ['services/user-db/user-db.ts', 'protos/gen/message.ts', 'interface-imports-core'],
  ['services/backplane/codec.ts', 'services/config-db/config-db.ts', 'codec-imports-generated-code'],
  ['services/backplane/embedded/log.ts', 'fastify', 'engine-imports-its-interface'],
  ['services/backplane/embedded/runs.ts', 'services/runtime/log.ts', 'engine-imports-its-interface'],
  ['services/backplane/embedded/reads.ts', 'services/backplane/kafka/reads.ts', 'engine-never-imports-another-engine'],
  ['services/embedded/folder.ts', 'services/backplane/backplane.ts', 'embedded-imports-core'],
  ['services/profile/accounts.ts', 'jose', 'server-imports-inwards'],
  ['services/profile/guesses.ts', 'services/runtime/log.ts', 'server-imports-inwards'],
  ['services/connect/find.ts', 'services/connect/http.ts', 'server-imports-inwards'],
  ['services/history/grpc.ts', 'lmdb', 'transport-translates-only'],
  ['services/connect/http.ts', 'services/connect/main.ts', 'transport-translates-only'],
  ['services/connect/main.ts', 'fastify', 'main-wires'],
  ['services/connect/settings.ts', 'services/run.ts', 'main-wires'],
  [
    'services/messaging/owner.ts',
    'services/materialize/rows.ts',
    'servers-never-import-each-other',
    'server-imports-inwards',
  ],
  ['services/history/main.ts', 'services/history-db/embedded/rows.ts', 'engines-are-chosen-in-one-file', 'main-wires'],
  ['services/runtime/host.ts', 'services/messaging/send.ts', 'runtime-hosts-any-server'],
  ['services/run.ts', 'services/messaging/send.ts', 'run-starts-mains'],
  ['services/run/start-one.ts', 'services/history/grpc.ts', 'run-starts-mains'],
  ['cli/commands/send.ts', 'services/messaging/send.ts', 'program-imports-run'],
  ['cli/commands/up.ts', 'services/runtime/host.ts', 'program-imports-run'],
  ['cli/commands/send.test.ts', 'services/messaging/send.ts', 'program-tests-know-no-inside'],
  [
    'services/configurator/apply.ts',
    'cli/commands/up.ts',
    'services-never-import-the-program',
    'server-imports-inwards',
  ],
  ['cli/main.ts', 'cli/e2e/stack.ts', 'product-never-imports-tests'],
  ['services/materialize/rows.ts', 'services/materialize/other.test.ts', 'product-never-imports-tests'],
  ['cli/output/table.ts', 'vitest', 'product-never-imports-test-tools'],
  ['cli/output/text.ts', './absent.ts', 'no-unresolvable'],
];

const isFile = (path: string): boolean => path.endsWith('.ts') && !path.startsWith('.');

function importLine(from: string, to: string): string {
  const up = '../'.repeat(from.split('/').length - 1);
  return `import * as planted from '${isFile(to) ? `${up}${to}` : to}';\n\nexport const value = planted;\n`;
}

test('each row of the table is reported where it is broken, and nowhere else', async () => {
  const files: Record<string, string> = {};
  for (const [from, to] of plantedImports) files[from] = importLine(from, to);
  for (const [, to] of plantedImports) if (isFile(to)) files[to] ??= 'export const value = 1;\n';
  await using tree = await plantTree(files);
  const reported = (await checkDirections(tree.root)).map((finding) => finding.split(' → ')[0]);
  const expected = plantedImports.flatMap(([from, , ...rules]) => rules.map((rule) => `${rule}: ${from}`));
  expect(new Set(reported)).toEqual(new Set(expected));
});

test('a cycle of what is loaded together, and an orphan', async () => {
  await using tree = await plantTree({
    'services/core/a.ts': "import { b } from './b.ts';\n\nexport const a = (): unknown => b;\n",
    'services/core/b.ts': "import { a } from './a.ts';\n\nexport const b = (): unknown => a;\n",
    'services/core/alone.ts': 'export const alone = 1;\n',
    'services/core/lazy.ts': "export const load = (): unknown => import('./loaded.ts');\n",
    'services/core/loaded.ts': "import { load } from './lazy.ts';\n\nexport const loaded = load;\n",
  });
  expect((await checkDirections(tree.root)).toSorted()).toEqual([
    'no-cycles: services/core/a.ts → services/core/b.ts',
    'no-orphans: services/core/alone.ts → services/core/alone.ts',
  ]);
});

test('a tree in which the tool sees nothing does not pass', async () => {
  await using tree = await plantTree({});
  expect(await checkDirections(tree.root)).not.toEqual([]);
  await tree.plant({ 'cli/component.tsx': 'export const one = 1;\n', 'cli/old.ts': 'export const two = 2;\n' });
  await tree.plant({
    '.dependency-cruiser.cjs': "module.exports = { forbidden: [], options: { exclude: { path: 'old' } } };\n",
  });
  expect(await checkDirections(tree.root)).toContain('not seen by dependency-cruiser: cli/old.ts');
});
