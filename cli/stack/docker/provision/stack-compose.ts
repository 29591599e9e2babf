/**
 * The compose files that come with cecochat, read for one stack.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CecochatError } from '../../../../services/core/errors.ts';
import { packageFolder } from '../../../package-folder.ts';
import type { ComposeModel, Service } from '../compose/compose-model.ts';
import { parseComposeFiles } from '../compose/parse-compose.ts';
import type { Variables } from '../compose/interpolate.ts';

const fileNames = ['compose.yaml', 'observability.yaml', 'tools.yaml'] as const;
const serverFileName = 'servers.yaml';

export const composeFiles = (): string[] => fileNames.map(pathOf);
export const serverComposeFile = (): string => pathOf(serverFileName);

/** `withServers`: they too are containers. Errors: settings.invalid with file and line; data.damaged, when a file is not there. */
export async function readStackCompose(variables: Variables, withServers = false): Promise<ComposeModel> {
  const paths = [...composeFiles(), ...(withServers ? [serverComposeFile()] : [])];
  const files = await Promise.all(paths.map(async (file) => ({ file, text: await readText(file) })));
  const { services, volumes } = parseComposeFiles(files, variables);
  return { services: await Promise.all(services.map(withContents)), volumes };
}

function pathOf(name: string): string {
  return join(packageFolder() ?? '', 'compose', name);
}

async function withContents(service: Service): Promise<Service> {
  const mounts = service.mounts.map(async (mount) => {
    if (mount.kind === 'volume') return mount;
    const content = createHash('sha256').update(await readText(mount.source));
    return { ...mount, content: content.digest('hex').slice(0, 16) };
  });
  return { ...service, mounts: await Promise.all(mounts) };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CecochatError('data.damaged', `${file}, a part of cecochat, cannot be read`, {
      cause,
      hint: 'install cecochat again',
    });
  }
}
