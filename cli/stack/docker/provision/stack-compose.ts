/**
 * The compose files that come with cecochat, read for one stack.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CecochatError } from '../../../../services/core/errors.ts';
import { packageFolder } from '../../../package-folder.ts';
import type { ComposeModel } from '../compose/compose-model.ts';
import { parseComposeFiles, type ComposeText } from '../compose/parse-compose.ts';
import type { Variables } from '../compose/interpolate.ts';

const fileNames = ['compose.yaml', 'observability.yaml', 'tools.yaml'] as const;

export const composeFiles = (): string[] => fileNames.map((name) => join(packageFolder() ?? '', 'compose', name));

/** Errors: settings.invalid with file and line; data.damaged, when a file is not there. */
export async function readStackCompose(variables: Variables): Promise<ComposeModel> {
  return parseComposeFiles(await Promise.all(composeFiles().map(readText)), variables);
}

async function readText(file: string): Promise<ComposeText> {
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new CecochatError('data.damaged', `${file}, a part of cecochat, cannot be read`, {
      cause,
      hint: 'install cecochat again',
    });
  }
}
