/**
 * The image of the servers: its files, and a name that tells them, so that a changed program is another image and an
 * unchanged one is not built again.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CecochatError } from '../../../../services/core/errors.ts';
import { packageFolder } from '../../../package-folder.ts';
import { readVersion } from '../../../version.ts';
import { serverPackages } from './server-packages.ts';

export interface ServerImage {
  /** "cecochat-servers:0.1.0-1a2b3c4d5e6f" */
  readonly reference: string;
  /** Image that it is built on. */
  readonly base: string;
  /** What it is built of. */
  readonly files: () => Promise<readonly ContextFile[]>;
}

export interface ContextFile {
  /** In the context, with slashes. */
  readonly name: string;
  readonly source: string;
}

export const imageRepository = 'cecochat-servers';
const dockerfile = 'Dockerfile';
/** What servers load from outside of the program's bundle (.checks/bundle.mjs): it reads files of its own. */
const packagesApart = ['@fastify/swagger-ui'];
/** For people and compilers. */
const leftOut = /(?:\.map|\.d\.[cm]?ts|\.md|\.markdown)$/i;
/** Of a package, at its top. */
const leftOutFolders = ['node_modules', 'test', 'tests', 'benchmark', 'benchmarks', 'examples', 'docs', '.github'];
const hashLength = 12;

/**
 * The name tells what the program's own files hold, and the manifests of its packages: of one version a package has
 * one content. Error: data.damaged, when a part is missing.
 */
export async function readServerImage(): Promise<ServerImage> {
  const root = packageFolder() ?? '';
  const program = await programFiles(root);
  const packages = serverPackages(root, packagesApart);
  const manifests = packages.map(({ source, place }) => fileAt(join(source, 'package.json'), `${place}/package.json`));
  const told = [...program, ...manifests];
  const contents = await Promise.all(told.map(({ source }) => readFile(source)));
  const hash = createHash('sha256');
  told.forEach(({ name }, index) => {
    const content = contents[index] ?? Buffer.alloc(0);
    hash.update(`${name} ${content.length}\n`).update(content);
  });
  const text = await readFile(join(root, 'compose', dockerfile), 'utf8');
  return {
    reference: `${imageRepository}:${readVersion()}-${hash.digest('hex').slice(0, hashLength)}`,
    base: baseOf(text),
    files: async () => {
      const all = packages.map(({ source, place }) => filesUnder(source, place, leftOutFolders));
      return inOrder([...program, ...(await Promise.all(all)).flat()]);
    },
  };
}

async function programFiles(root: string): Promise<ContextFile[]> {
  const bundle = join(root, 'dist', 'bin');
  const compiled = await filesUnder(bundle, 'dist/bin', []).catch(() => []);
  if (compiled.length === 0) {
    throw new CecochatError('data.damaged', `${bundle}, of which the image of the servers is made, is not there`, {
      hint: 'npm run build, or install cecochat again',
    });
  }
  const single = [
    fileAt(join(root, 'package.json'), 'package.json'),
    fileAt(join(root, 'compose', dockerfile), dockerfile),
  ];
  return inOrder([...compiled, ...single]);
}

function inOrder(files: readonly ContextFile[]): ContextFile[] {
  return files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

async function filesUnder(folder: string, place: string, except: readonly string[]): Promise<ContextFile[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && !leftOut.test(entry.name));
  const own = files.filter((entry) => {
    const [first = ''] = relative(folder, entry.parentPath).split(sep);
    return !except.includes(first);
  });
  return own.map((entry) => {
    const source = join(entry.parentPath, entry.name);
    return fileAt(source, [place, ...relative(folder, source).split(sep)].join('/'));
  });
}

function fileAt(source: string, name: string): ContextFile {
  return { name, source };
}

function baseOf(text: string): string {
  const base = /^FROM (\S+)/m.exec(text)?.[1];
  if (base === undefined) throw new CecochatError('data.damaged', 'compose/Dockerfile names no image to build on');
  return base;
}
