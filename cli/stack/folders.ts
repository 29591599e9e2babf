/**
 * Where a stack keeps its things: <CECOCHAT_HOME or the XDG state folder>/<stack>/. Folders are made with
 * mode 0700: they hold secrets and what people write to each other.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { CecochatError } from '../../services/core/errors.ts';
import { messageFrom } from '../../services/core/thrown.ts';
import { makeFolder } from '../../services/core/make-folder.ts';
import type { Environment } from '../commands/environment.ts';

export interface StackFolders {
  readonly root: string;
  readonly data: string;
  readonly logs: string;
}

/** The folder of all stacks. */
export function homeFolder({ env, cwd }: Pick<Environment, 'env' | 'cwd'>): string {
  const own = env['CECOCHAT_HOME'];
  if (own !== undefined && own !== '') {
    return resolve(cwd, own);
  }
  const state = env['XDG_STATE_HOME'];
  const home = env['HOME'];
  // The XDG rules say that a relative path is to be ignored.
  return state !== undefined && isAbsolute(state)
    ? join(state, 'cecochat')
    : join(home !== undefined && home !== '' ? home : homedir(), '.local', 'state', 'cecochat');
}

export function stackFolders(environment: Pick<Environment, 'env' | 'cwd'>, name: string): StackFolders {
  const root = join(homeFolder(environment), name);
  return { root, data: join(root, 'data'), logs: join(root, 'logs') };
}

export function makeStackFolders(folders: StackFolders): void {
  for (const folder of [folders.root, folders.data, folders.logs]) {
    try {
      makeFolder(folder);
    } catch (error) {
      const reason = messageFrom(error);
      throw new CecochatError('usage.invalid', `the folder of the stack cannot be made: ${reason}`, {
        hint: 'set CECOCHAT_HOME to a folder that you may write to',
        cause: error,
      });
    }
  }
}
