/**
 * npm run gen: protos/gen from the .proto files: TypeScript by ts-proto, and for server reflection the
 * descriptor set, as a module, so that the build copies nothing.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findingsOf, run } from './tool.ts';

/** Fills `<root>/protos/gen`; answers with what went wrong, empty when nothing did. */
export async function generate(root: string): Promise<string[]> {
  const protos = join(root, 'protos');
  const buf = join(root, 'node_modules', '.bin', 'buf');
  const scratch = await mkdtemp(join(tmpdir(), 'cecochat-descriptors-'));
  try {
    const binary = join(scratch, 'set.binpb');
    const code = await run(buf, ['generate'], protos);
    if (code.exitCode !== 0) return findingsOf('buf generate', code);
    const set = await run(buf, ['build', '--exclude-source-info', '--as-file-descriptor-set', '-o', binary], protos);
    if (set.exitCode !== 0) return findingsOf('buf build', set);
    await writeFile(join(protos, 'gen', 'descriptor-set.ts'), descriptorModule(await readFile(binary)));
    return [];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function descriptorModule(set: Buffer): string {
  const rows = set.toString('base64').match(/.{1,120}/g) ?? [];
  return [
    '// Generated from the .proto files by npm run gen: google.protobuf.FileDescriptorSet, in base64.',
    'export const descriptorSet =',
    `${rows.map((row) => `  '${row}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const finding of await generate(process.cwd())) {
    console.error(finding);
    process.exitCode = 1;
  }
}
