/**
 * Says what is about to be deleted, for `down --volumes` and `reset`.
 */
import { formatBytes } from '../output/units.ts';
import type { StackOnDocker, VolumeSize } from '../stack/docker/stack-on-docker.ts';
import { folderBytes } from '../stack/folder-size.ts';
import type { Invocation } from './command.ts';

export interface Deleting {
  readonly folder: string;
  readonly bytes: number;
  /** Of the embedded engines, within the folder. */
  readonly data: string;
  readonly onDocker: StackOnDocker | undefined;
}

export async function sayDeleted({ output }: Invocation, { folder, bytes, data, onDocker }: Deleting): Promise<void> {
  const held = await holding(data);
  const volumes = onDocker?.volumes ?? [];
  if (bytes > 0 || volumes.length === 0) {
    output.progress(`deleting ${folder}: ${formatBytes(bytes)}${held === '' ? '' : `, of it ${held}`}`);
  }
  for (const volume of volumes) output.progress(`deleting volume ${volumeText(volume)}`);
}

function volumeText({ name, size }: VolumeSize): string {
  return size === undefined ? name : `${name}: ${size.isMost ? 'at most ' : ''}${formatBytes(size.bytes)}`;
}

async function holding(data: string): Promise<string> {
  const parts = ['backplane', 'history', 'users', 'config'];
  const sizes = await Promise.all(parts.map((part) => folderBytes(`${data}/${part}`)));
  return parts
    .flatMap((part, index) => (sizes[index] === undefined ? [] : [`${part} ${formatBytes(sizes[index])}`]))
    .join(', ');
}
