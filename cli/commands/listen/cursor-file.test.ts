import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CecochatError } from '../../../services/core/errors.ts';
import { checkCursorFolder, namingCursorFile } from './cursor-file.ts';

test('a cursor file in a missing folder is wrong usage that names the file', async () => {
  await checkCursorFolder(join(tmpdir(), 'x.cursor'));
  const path = join(tmpdir(), 'cecochat-no-such-folder', 'x.cursor');
  await expect(checkCursorFolder(path)).rejects.toMatchObject({ code: 'usage.invalid', data: { path } });
});

test('a refused cursor names its file and what helps, another error stays', () => {
  expect(namingCursorFile(new CecochatError('cursor.invalid', 'a cursor of another user'), '/a/b')).toMatchObject({
    code: 'cursor.invalid',
    message: 'the cursor in /a/b was refused: a cursor of another user',
    hint: 'remove /a/b to start from the beginning, or use --since now',
  });
  const other = new CecochatError('unauthenticated', 'no');
  expect(namingCursorFile(other, '/a/b')).toBe(other);
});
