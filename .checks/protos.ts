/**
 * Protos: style, generated code equal to its sources, and no break of the wire against what stands on main.
 */
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from './generate.ts';
import { findingsOf, lines, run } from './tool.ts';

const buf = (root: string, args: readonly string[], folder = join(root, 'protos')) =>
  run(join(root, 'node_modules', '.bin', 'buf'), args, folder);

export async function checkProtoStyle(root: string): Promise<string[]> {
  return findingsOf('buf lint', await buf(root, ['lint']));
}

/** Generates into a folder of its own and compares with protos/gen, byte by byte. */
export async function checkGenerated(root: string): Promise<string[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'cecochat-gen-'));
  try {
    const protos = join(scratch, 'protos');
    await cp(join(root, 'protos'), protos, {
      recursive: true,
      filter: (path) => path !== join(root, 'protos', 'gen'),
    });
    await symlink(join(root, 'node_modules'), join(scratch, 'node_modules'));
    const faults = await generate(scratch);
    if (faults.length > 0) return faults;
    return await differences(join(protos, 'gen'), join(root, 'protos', 'gen'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function differences(fresh: string, committed: string): Promise<string[]> {
  const [freshFiles, committedFiles] = await Promise.all([filesBelow(fresh), filesBelow(committed)]);
  const findings: string[] = [];
  for (const file of freshFiles) {
    if (!committedFiles.includes(file)) findings.push(`protos/gen/${file} is missing: npm run gen`);
    else if ((await readFile(join(fresh, file), 'utf8')) !== (await readFile(join(committed, file), 'utf8')))
      findings.push(`protos/gen/${file} differs from its source: npm run gen`);
  }
  for (const file of committedFiles)
    if (!freshFiles.includes(file)) findings.push(`protos/gen/${file} has no source any more`);
  return freshFiles.length === 0 ? ['nothing was generated'] : findings;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Against main, or, on main itself, against the commit before. A history without a base has nothing to break. */
export async function checkWireCompatibility(root: string): Promise<string[]> {
  const base = await baseCommit(root);
  if (base === undefined) return [];
  return findingsOf('buf breaking', await buf(root, ['breaking', '--against', `../.git#ref=${base},subdir=protos`]));
}

async function baseCommit(root: string): Promise<string | undefined> {
  const head = await commitOf(root, 'HEAD');
  for (const candidate of ['origin/main', 'main', 'HEAD~1']) {
    const commit = await commitOf(root, candidate);
    if (commit === undefined || commit === head) continue;
    const merge = lines((await run('git', ['merge-base', 'HEAD', commit], root)).stdout)[0];
    if (merge !== undefined && (await commitOf(root, `${merge}:protos`)) !== undefined) return merge;
  }
  return undefined;
}

async function commitOf(root: string, name: string): Promise<string | undefined> {
  const result = await run('git', ['rev-parse', '--verify', '--quiet', name], root);
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}
