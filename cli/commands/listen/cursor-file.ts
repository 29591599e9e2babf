/**
 * The file of `--cursor-file`: its folder must be there, and a cursor that the servers refuse is an error
 * that names the file and says what helps.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CecochatError } from '../../../services/core/errors.ts';

/** Error: usage.invalid. */
export async function checkCursorFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch((error: unknown) => {
    throw notThere(path, error);
  });
  if (!found.isDirectory()) throw notThere(path, new Error(`${folder} is no folder`));
}

function notThere(path: string, cause: unknown): CecochatError {
  return new CecochatError('usage.invalid', `option --cursor-file: the folder of ${path} is not there`, {
    cause,
    hint: `mkdir -p ${dirname(path)}`,
    data: { path },
  });
}

/** A refused cursor of that file; any other error as it is. */
export function namingCursorFile(error: unknown, path: string): unknown {
  if (!(error instanceof CecochatError) || error.code !== 'cursor.invalid' || error.message.includes(path))
    return error;
  return new CecochatError('cursor.invalid', `the cursor in ${path} was refused: ${error.message}`, {
    cause: error,
    hint: `remove ${path} to start from the beginning, or use --since now`,
    data: { ...error.data, path },
  });
}
