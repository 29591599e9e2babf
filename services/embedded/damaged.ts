/** Of data that cannot be read as what it should be. */
import { CecochatError } from '../core/errors.ts';

/** `fault` goes on after the file's name: "is cut off at 12 bytes". */
export function damaged(file: string, fault: string, cause?: unknown): CecochatError {
  return new CecochatError('data.damaged', `${file} ${fault}`, {
    hint: 'Restore the data folder from a backup, or delete it to start empty. Nothing in it was changed.',
    data: { file },
    cause,
  });
}
