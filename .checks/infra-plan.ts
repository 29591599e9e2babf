/**
 * Which infra tests need which engines, read from the variables that they and their fixtures name; and in which
 * order they run, so that never more than one large cluster is up unless a test needs two.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { clusterNames, familyOf, isLarge, variablesOf, type ClusterName } from './infra-engines.ts';

export interface InfraFile {
  /** From the root. */
  readonly path: string;
  readonly clusters: readonly ClusterName[];
}

export interface Phase {
  readonly number: number;
  readonly clusters: readonly ClusterName[];
  readonly files: readonly InfraFile[];
}

export async function findInfraFiles(root: string): Promise<readonly InfraFile[]> {
  const found: InfraFile[] = [];
  for (const folder of ['cli', 'services']) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      if (!name.endsWith('.infra.test.ts')) continue;
      const path = join(root, folder, name);
      const text = await textWithFixtures(path, new Set());
      const named = new Set(text.match(/CECOCHAT_TEST_[A-Z0-9_]+/g) ?? []);
      // One that starts servers of its own needs the program on the machine.
      if (text.includes("'redis-server'")) named.add('CECOCHAT_TEST_REDIS');
      const clusters = clusterNames.filter((cluster) => variablesOf(cluster).some((variable) => named.has(variable)));
      found.push({ path: relative(root, path), clusters });
    }
  }
  return found.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** Words: families of engines, or parts of paths; without any, everything. */
export function planPhases(files: readonly InfraFile[], words: readonly string[]): readonly Phase[] {
  const families = words.filter((word) => clusterNames.some((name) => familyOf(name) === word));
  const parts = words.filter((word) => !families.includes(word));
  const wanted = files.filter(
    ({ path, clusters }) =>
      (families.length === 0 || clusters.every((name) => families.includes(familyOf(name)))) &&
      (parts.length === 0 || parts.some((part) => path.includes(part))),
  );
  const groups = new Map<string, InfraFile[]>();
  for (const file of wanted) {
    const key = file.clusters.filter(isLarge).join(' ');
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  const ordered = [...groups].toSorted(([one], [other]) => one.length - other.length || (one < other ? -1 : 1));
  return ordered.map(([, members], index) => ({
    number: index + 1,
    clusters: clusterNames.filter((name) => members.some(({ clusters }) => clusters.includes(name))),
    files: members,
  }));
}

/** The file and, for each fixture that it imports, the same; engines.fixture.ts names every variable. */
async function textWithFixtures(path: string, seen: Set<string>): Promise<string> {
  if (seen.has(path) || path.endsWith('engines.fixture.ts')) return '';
  seen.add(path);
  const text = await readFile(path, 'utf8');
  const imports = [...text.matchAll(/from '(\.[^']+\.(?:fixture|contract|infra\.test)\.ts)'/g)];
  const more = await Promise.all(imports.map(([, to = '']) => textWithFixtures(join(dirname(path), to), seen)));
  return [text, ...more].join('\n');
}
