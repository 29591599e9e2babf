/**
 * A throw-away tree with the project's own configuration and planted files, to see a check fail on it.
 */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './tool.ts';

const project = join(import.meta.dirname, '..');
const configuration = [
  'package.json',
  'tsconfig.json',
  '.oxlintrc.json',
  '.oxfmtrc.json',
  '.dependency-cruiser.cjs',
  '.knip.json',
  '.gitignore',
];

export interface PlantedTree extends AsyncDisposable {
  readonly root: string;
  /** Path below the root → text. */
  plant(files: Readonly<Record<string, string>>): Promise<void>;
  /** Everything that stands there, as a commit. */
  commit(): Promise<void>;
}

export async function plantTree(files: Readonly<Record<string, string>>): Promise<PlantedTree> {
  const root = await mkdtemp(join(tmpdir(), 'cecochat-planted-'));
  const git = async (...args: string[]): Promise<void> => {
    const result = await run('git', ['-c', 'user.name=planted', '-c', 'user.email=planted@localhost', ...args], root);
    if (result.exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
  };
  const plant = async (more: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(more)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  };
  for (const file of configuration) await cp(join(project, file), join(root, file));
  await symlink(join(project, 'node_modules'), join(root, 'node_modules'));
  await git('init', '-q', '-b', 'main');
  await plant(files);
  return {
    root,
    plant,
    commit: async () => {
      await git('add', '-A');
      await git('commit', '-q', '-m', 'planted');
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** The project's protos with their generated code, in the tree. */
export async function plantProtos(tree: PlantedTree): Promise<void> {
  await cp(join(project, 'protos'), join(tree.root, 'protos'), { recursive: true });
}
