/**
 * The compose files that come with cecochat, read for one stack.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CecochatError } from '../../../../services/core/errors.ts';
import { packageFolder } from '../../../package-folder.ts';
import type { ComposeModel } from '../compose/compose-model.ts';
import { parseCompose } from '../compose/parse-compose.ts';
import type { Variables } from '../compose/interpolate.ts';

export const composeFile = (): string => join(packageFolder() ?? '', 'compose', 'compose.yaml');

/** Errors: settings.invalid with file and line; data.damaged, when the file is not there. */
export async function readStackCompose(variables: Variables): Promise<ComposeModel> {
  const file = composeFile();
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CecochatError('data.damaged', `${file}, a part of cecochat, cannot be read`, {
      cause,
      hint: 'install cecochat again',
    });
  }
  return parseCompose(file, text, variables);
}
