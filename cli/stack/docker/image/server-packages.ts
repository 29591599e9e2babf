/**
 * Packages with what they need, as they are installed here, and where each has its place in the image: what every
 * package finds there when it looks for another is what it finds here. Each `up` asks for it: many looks at files,
 * which take a tenth of the time when they are not awaited one by one.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CecochatError } from '../../../../services/core/errors.ts';

export interface PlacedPackage {
  readonly name: string;
  /** Where it is installed. */
  readonly source: string;
  /** Its folder in the image, relative to the program's: "node_modules/kafkajs". */
  readonly place: string;
}

interface Manifest {
  readonly dependencies: readonly string[];
  /** Used where they are installed. */
  readonly optional: readonly string[];
}

/** `names`: as they are found from `root`, the program's folder. Error: data.damaged, when one is not there. */
export function serverPackages(root: string, names: readonly string[]): readonly PlacedPackage[] {
  const placed = new Map<string, PlacedPackage>();
  const waiting: { readonly source: string; readonly place: string; readonly manifest: Manifest }[] = [
    { source: root, place: '', manifest: { dependencies: names, optional: [] } },
  ];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { source, place, manifest } = next;
    for (const name of [...manifest.dependencies, ...manifest.optional].toSorted()) {
      const found = findPackage(name, source);
      if (found === undefined && manifest.optional.includes(name)) continue;
      if (found === undefined) throw missing(name, source);
      const visible = visibleFrom(place, name, placed);
      if (visible?.source === found) continue;
      const own = { name, source: found, place: join(visible === undefined ? '' : place, 'node_modules', name) };
      placed.set(own.place, own);
      waiting.push({ ...own, manifest: readManifest(found) });
    }
  }
  return [...placed.values()];
}

/** What a package at that place finds under a name, of those that have their places. */
function visibleFrom(
  place: string,
  name: string,
  placed: ReadonlyMap<string, PlacedPackage>,
): PlacedPackage | undefined {
  for (let folder = place; ; folder = dirname(folder) === '.' ? '' : dirname(folder)) {
    const found = placed.get(join(folder, 'node_modules', name));
    if (found !== undefined || folder === '') return found;
  }
}

/** As Node does: in node_modules of the folder and of those above it. */
function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
    if (dirname(folder) === folder) return undefined;
  }
}

function readManifest(folder: string): Manifest {
  const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const optional = [...keysOf(value, 'optionalDependencies'), ...keysOf(value, 'peerDependencies')];
  const dependencies = keysOf(value, 'dependencies').filter((name) => !optional.includes(name));
  return { dependencies, optional };
}

function keysOf(value: unknown, field: string): string[] {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  return typeof found === 'object' && found !== null ? Object.keys(found) : [];
}

function missing(name: string, source: string): CecochatError {
  return new CecochatError('data.damaged', `the package ${name}, which ${source} needs, is not installed`, {
    hint: 'install cecochat again, then repeat the command',
    data: { package: name },
  });
}
