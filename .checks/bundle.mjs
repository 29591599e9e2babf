/**
 * npm run build, second half: dist/bin, which is the program and the packages that it loads, in a few files. As one
 * file for each module, a process of servers opened 775 of them, and that was a quarter of an embedded `up` (decision
 * 0011). What is imported only when needed stays in files of its own. Not in TypeScript: Node 20 would need tsx for it,
 * which leaves a folder in the system's temporary one, and `npm ci` runs this on every machine.
 */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Loaded from node_modules: native code, files of their own beside it, or (ink) an optional import that is not there. */
const apart = ['@fastify/swagger-ui', 'dockerode', 'ink', 'lmdb', 'react'];

/** Packages in CommonJS ask for Node's modules by `require`, which an ES module does not have. */
const banner = `import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);`;

/** @param {string} root the project's folder */
async function bundle(root) {
  const folder = join(root, 'dist', 'bin');
  await build({
    absWorkingDir: root,
    entryPoints: ['bin/cecochat.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.11',
    external: apart,
    banner: { js: banner },
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await chmod(join(folder, 'cecochat.js'), 0o755);
}

await bundle(process.cwd());
