/**
 * The stack's state as its process writes it down: changes come from many sides, and are written one after the other.
 */
import type { StackFolders } from '../folders.ts';
import type { StackState } from '../stack-files.ts';
import { writeState } from '../state.ts';

export interface StateFile {
  readonly state: StackState;
  /** Resolves when it is written. */
  update(change: Partial<StackState>): Promise<void>;
}

export function openStateFile(folders: StackFolders, initial: StackState): StateFile {
  let state = initial;
  let last: Promise<void> = Promise.resolve();
  return {
    get state() {
      return state;
    },
    update(change) {
      state = { ...state, ...change };
      const written = last.then(() => writeState(folders, state));
      last = written.catch(() => undefined);
      return written;
    },
  };
}
