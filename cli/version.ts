/**
 * The version in package.json, found upwards from here: cli/ and dist/cli/ are at different depths.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function readVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    try {
      const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (typeof found === 'object' && found !== null && 'version' in found && typeof found.version === 'string') {
        return found.version;
      }
    } catch {
      // Not here: one folder up.
    }
    const parent = dirname(folder);
    if (parent === folder) {
      return 'unknown';
    }
    folder = parent;
  }
}
