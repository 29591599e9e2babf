import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder } from './make-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'cecochat-make-folder-'));
afterAll(() => rmSync(root, { recursive: true }));

test('what is missing above it is made too, for its owner only; what is there stays', () => {
  const folder = join(root, 'a', 'b', 'c');
  makeFolder(folder);
  makeFolder(folder);
  for (const made of [folder, join(root, 'a', 'b'), join(root, 'a')]) {
    expect(statSync(made).mode & 0o777).toBe(0o700);
  }
});

test('a file in the way is an error', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST');
  expect(() => makeFolder(join(root, 'file', 'below'))).toThrow('ENOTDIR');
});

test.runIf(process.platform === 'linux')(
  'on Linux: below /proc, where nothing can be made, the error comes back',
  () => {
    expect(() => makeFolder('/proc/cecochat/state')).toThrow('ENOENT');
  },
);
