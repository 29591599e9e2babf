import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { packContext } from './pack-context.ts';
import { readServerImage } from './server-image.ts';
import { serverPackages } from './server-packages.ts';

interface Tree extends AsyncDisposable {
  readonly root: string;
  /** A package at that place, with what its manifest says. */
  readonly add: (place: string, manifest?: object) => Promise<void>;
}

async function openTree(): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), 'cecochat-packages-'));
  return {
    root,
    add: async (place, manifest = {}) => {
      await mkdir(join(root, place), { recursive: true });
      await writeFile(join(root, place, 'package.json'), JSON.stringify(manifest));
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

const placesIn = (folder: string, names: readonly string[]): string[] =>
  serverPackages(folder, names).map(({ place }) => place);

describe('the packages of the servers', () => {
  test('are those that are named and what they need', async () => {
    await using tree = await openTree();
    await tree.add('', { dependencies: { static: '1', lmdb: '1' } });
    await tree.add('node_modules/static', { dependencies: { mime: '1' }, optionalDependencies: { absent: '1' } });
    for (const name of ['mime', 'lmdb', 'unused']) await tree.add(`node_modules/${name}`);
    expect(placesIn(tree.root, ['static'])).toEqual(['node_modules/static', 'node_modules/mime']);
  });

  test('of two versions each package finds its own, wherever the program is installed', async () => {
    await using tree = await openTree();
    const program = 'node_modules/cecochat';
    await tree.add(program);
    await tree.add('node_modules/pino', { dependencies: { sonic: '2' } });
    await tree.add('node_modules/pino/node_modules/sonic');
    await tree.add('node_modules/fastify', { dependencies: { sonic: '1', pino: '1' } });
    await tree.add('node_modules/sonic');
    const found = serverPackages(join(tree.root, program), ['pino', 'fastify']);
    expect(found.map(({ place, source }) => [place, source.slice(tree.root.length + 1)])).toEqual([
      ['node_modules/fastify', 'node_modules/fastify'],
      ['node_modules/pino', 'node_modules/pino'],
      ['node_modules/sonic', 'node_modules/sonic'],
      ['node_modules/pino/node_modules/sonic', 'node_modules/pino/node_modules/sonic'],
    ]);
  });

  test('may be links, as some package managers make them', async () => {
    await using tree = await openTree();
    await tree.add('');
    await tree.add('node_modules/.store/pino/node_modules/pino', { dependencies: { sonic: '1' } });
    await tree.add('node_modules/.store/pino/node_modules/sonic');
    await symlink('.store/pino/node_modules/pino', join(tree.root, 'node_modules/pino'));
    expect(placesIn(tree.root, ['pino'])).toEqual(['node_modules/pino', 'node_modules/sonic']);
  });

  test('that are missing are named', async () => {
    await using tree = await openTree();
    await tree.add('');
    expect(() => serverPackages(tree.root, ['kafkajs'])).toThrow(
      expect.objectContaining({ code: 'data.damaged', data: { package: 'kafkajs' } }),
    );
  });
});

describe('the image of the servers', () => {
  test('has a name of its content, the program, what that loads from elsewhere, and nothing native', async () => {
    const [image, again] = await Promise.all([readServerImage(), readServerImage()]);
    expect(image.reference).toMatch(/^cecochat-servers:\d+\.\d+\.\d+-[0-9a-f]{12}$/);
    expect([again.reference, image.base]).toEqual([image.reference, 'node:20-slim']);
    const names = (await image.files()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['Dockerfile', 'package.json', 'dist/bin/cecochat.js']));
    expect(names).toContain('node_modules/@fastify/swagger-ui/package.json');
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => /\.node$|node_modules\/(lmdb|ink|dockerode)\/|^dist\/cli\//.test(name))).toEqual([]);
  });

  test('is sent as an archive that is the same each time', async () => {
    await using tree = await openTree();
    await tree.add('node_modules/one', { name: 'one' });
    const files = [{ name: 'app/package.json', source: join(tree.root, 'node_modules/one/package.json') }];
    const archive = await text(packContext(files));
    expect(archive).toContain('app/package.json');
    expect(archive).toContain('{"name":"one"}');
    expect(await text(packContext(files))).toBe(archive);
    const missing = packContext([{ name: 'gone', source: join(tree.root, 'gone') }]);
    await expect(text(missing)).rejects.toThrow('ENOENT');
  });
});
