/**
 * Every check was seen failing: the same functions as in npm run check, on planted violations.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  deadCodeCheck,
  formatCheck,
  generatedCheck,
  lintCheck,
  protoStyleCheck,
  topLevelCheck,
  typesCheck,
  wireCheck,
} from './checks.ts';
import { plantProtos, plantTree } from './planted-tree.ts';

const typeFaults: Readonly<Record<string, readonly [fault: string, code: string]>> = {
  'strict null': ['export const size = (text: string | null): number => text.length;\n', 'TS18047'],
  'unchecked index': ['export const first = (all: string[]): string => all[0];\n', 'TS2322'],
  'undefined for an optional': [
    'interface Box { readonly size?: number }\nexport const box: Box = { size: undefined };\n',
    'TS2375',
  ],
  'missing return': ['export function sign(n: number) { if (n > 0) return 1; }\n', 'TS7030'],
  'unused parameter': ['export const zero = (n: number): number => 0;\n', 'TS6133'],
  enum: ['export enum Colour { red }\n', 'TS1294'],
  'parameter property': ['export class Box { constructor(readonly size: number) {} }\n', 'TS1294'],
  'type imported as a value': [
    "import { UrlObject } from 'node:url';\nexport const path = (url: UrlObject): unknown => url.path;\n",
    'TS1484',
  ],
};

test('types: each strictness is on', async () => {
  const names = Object.keys(typeFaults);
  const file = (name: string): string => `services/core/${name.replaceAll(' ', '-')}.ts`;
  await using tree = await plantTree(
    Object.fromEntries(names.map((name) => [file(name), typeFaults[name]?.[0] ?? ''])),
  );
  const findings = await typesCheck.run(tree.root);
  for (const name of names)
    expect(findings, name).toContainEqual(expect.stringMatching(`${file(name)}.*error ${typeFaults[name]?.[1]}`));
});

const lintFaults: Readonly<Record<string, readonly [rule: string, text: string]>> = {
  date: ['no-restricted-globals', 'export const now = (): number => Date.now();\n'],
  timeout: ['no-restricted-globals', 'export const later = (work: () => void): unknown => setTimeout(work, 1);\n'],
  interval: ['no-restricted-globals', 'export const often = (work: () => void): unknown => setInterval(work, 1);\n'],
  chance: ['no-restricted-properties', 'export const dice = (): number => Math.random();\n'],
  env: ['no-process-env', "export const home = (): string => process.env['HOME'] ?? '';\n"],
  exit: ['no-process-exit', 'export const stop = (): never => process.exit(1);\n'],
  print: ['no-console', "export const hello = (): void => console.log('hello');\n"],
  floating: ['no-floating-promises', 'export const go = (): void => {\n  Promise.resolve(1);\n};\n'],
  misused: [
    'no-misused-promises',
    'export const each = (all: number[]): void => all.forEach(async (n) => Promise.resolve(n).then(String));\n',
  ],
  await: ['await-thenable', 'export const wait = async (n: number): Promise<number> => await n;\n'],
  thrown: ['only-throw-error', "export const fail = (): never => {\n  throw 'no';\n};\n"],
  any: ['no-explicit-any', 'export const same = (value: any): unknown => value;\n'],
  unsafe: ['no-unsafe-member-access', 'export const size = (text: string): unknown => JSON.parse(text).size;\n'],
  bang: ['no-non-null-assertion', 'export const sure = (value: string | undefined): string => value!;\n'],
  switch: [
    'switch-exhaustiveness-check',
    "export function size(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
  ],
  default: ['no-default-export', 'export default 1;\n'],
  params: ['max-params', 'export const add = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n'],
  long: ['max-lines', Array.from({ length: 301 }, (_, line) => `export const n${line} = ${line};\n`).join('')],
  camelCase: ['filename-case', 'export const one = 1;\n'],
};

test('lint: each rule that the house depends on reports its fault', async () => {
  const names = Object.keys(lintFaults);
  await using tree = await plantTree(
    Object.fromEntries(names.map((name) => [`services/profile/${name}.ts`, lintFaults[name]?.[1] ?? ''])),
  );
  const findings = await lintCheck.run(tree.root);
  for (const name of names)
    expect(findings, name).toContainEqual(
      expect.stringMatching(`services/profile/${name}\\.ts:.*\\(${lintFaults[name]?.[0]}\\)`),
    );
});

test('lint: the clock may use Date, bin may read the environment', async () => {
  await using tree = await plantTree({
    'services/core/time/clock.ts': 'export const now = (): number => Date.now();\n',
    'bin/cecochat.ts': "export const home = process.env['HOME'];\n",
  });
  expect(await lintCheck.run(tree.root)).toEqual([]);
});

test('format: a file that oxfmt would write differently', async () => {
  await using tree = await plantTree({ 'cli/crooked.ts': 'export const  one = "1"\n' });
  expect(await formatCheck.run(tree.root)).toContainEqual(expect.stringMatching('^cli/crooked.ts'));
});

test('dead code: an unused file, export and dependency', async () => {
  await using tree = await plantTree({
    'bin/cecochat.ts': "import { used } from '../cli/main.ts';\n\nused();\n",
    'cli/main.ts': 'export function used(): void {}\nexport function unusedExport(): void {}\n',
    'cli/lonely.ts': 'export const lonely = 1;\n',
  });
  const findings = await deadCodeCheck.run(tree.root);
  expect(findings).toContainEqual(expect.stringMatching('cli/lonely.ts'));
  expect(findings).toContainEqual(expect.stringMatching('cli/main.ts.*unusedExport'));
  expect(findings).toContainEqual(expect.stringMatching('package.json.*commander'));
});

test('top level: anything but what was fixed', async () => {
  await using tree = await plantTree({
    'scripts/build.sh': '',
    Makefile: '',
    '.hidden/file': '',
    'bin/cecochat.ts': '',
  });
  expect(await topLevelCheck.run(tree.root)).toEqual([
    '"Makefile" does not belong at the top level',
    '"scripts" does not belong at the top level',
  ]);
});

test('proto style: a field in camel case', async () => {
  await using tree = await plantTree({});
  await plantProtos(tree);
  await tree.plant({
    'protos/cecochat/v1/bad.proto':
      'syntax = "proto3";\n\npackage cecochat.v1;\n\nmessage Bad {\n  string camelCase = 1;\n}\n',
  });
  expect(await protoStyleCheck.run(tree.root)).toContainEqual(
    expect.stringMatching('cecochat/v1/bad.proto.*camelCase'),
  );
});

test('generated code: a source that changed, a file too many', async () => {
  await using tree = await plantTree({});
  await plantProtos(tree);
  expect(await generatedCheck.run(tree.root)).toEqual([]);
  const path = 'protos/cecochat/v1/message.proto';
  const source = await readFile(join(tree.root, path), 'utf8');
  await tree.plant({ [path]: `${source}\nmessage Added {}\n`, 'protos/gen/stray.ts': '' });
  expect(await generatedCheck.run(tree.root)).toEqual([
    'protos/gen/cecochat/v1/message.ts differs from its source: npm run gen',
    'protos/gen/descriptor-set.ts differs from its source: npm run gen',
    'protos/gen/stray.ts has no source any more',
  ]);
});

test('wire compatibility: a field that changed its type since the commit before', async () => {
  await using tree = await plantTree({});
  await plantProtos(tree);
  await tree.commit();
  const path = 'protos/cecochat/v1/message.proto';
  const source = await readFile(join(tree.root, path), 'utf8');
  await tree.plant({ [path]: source.replace('int64 message_id = 1', 'string message_id = 1') });
  await tree.commit();
  expect(await wireCheck.run(tree.root)).toContainEqual(expect.stringMatching('message.proto.*changed type'));
});
