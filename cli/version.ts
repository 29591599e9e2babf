/**
 * The version in package.json.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './package-folder.ts';

export function readVersion(): string {
  const folder = packageFolder();
  if (folder === undefined) return 'unknown';
  const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const isPackage = typeof found === 'object' && found !== null && 'version' in found;
  return isPackage && typeof found.version === 'string' ? found.version : 'unknown';
}
