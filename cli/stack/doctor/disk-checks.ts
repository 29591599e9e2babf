/**
 * The folder that keeps the stacks, and the disk below it.
 */
import { open, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageFrom } from '../../../services/core/thrown.ts';
import { makeFolder } from '../../../services/core/make-folder.ts';
import type { Environment } from '../../commands/environment.ts';
import { formatBytes } from '../../output/units.ts';
import { homeFolder } from '../folders.ts';
import type { Finding } from './checks.ts';

export async function checkStateFolder(environment: Environment): Promise<Finding[]> {
  const folder = homeFolder(environment);
  const fault = (message: string, fix: string): Finding[] => [{ check: 'state folder', state: 'failed', message, fix }];
  try {
    makeFolder(folder);
  } catch (error) {
    return fault(
      `${folder} cannot be made: ${messageFrom(error)}`,
      'set CECOCHAT_HOME to a folder that you may write to',
    );
  }
  const { mode, uid } = await stat(folder);
  const me = process.getuid?.();
  if (me !== undefined && me !== 0 && uid !== me) {
    return fault(`${folder} belongs to user ${uid}, not to you (${me})`, `sudo chown -R ${me} '${folder}'`);
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return [
      {
        check: 'state folder',
        state: 'warning',
        message: `${folder} is open to others (mode ${(mode & 0o777).toString(8)}); the stacks' own folders are not`,
        fix: `chmod 700 '${folder}'`,
      },
    ];
  }
  return [{ check: 'state folder', state: 'ok', message: folder, fix: null }];
}

const littleBytes = 1024 ** 3;
const tooLittleBytes = 100 * 1024 ** 2;
const slowSyncMs = 20;

export async function checkDisk(environment: Environment): Promise<Finding[]> {
  const folder = homeFolder(environment);
  makeFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const free = `${formatBytes(freeBytes)} free`;
  const space: Finding =
    freeBytes >= littleBytes
      ? { check: 'disk', state: 'ok', message: free, fix: null }
      : {
          check: 'disk',
          state: freeBytes < tooLittleBytes ? 'failed' : 'warning',
          message: `only ${free}`,
          fix: 'make room, or set CECOCHAT_HOME to a folder on another disk',
        };
  return [space, await checkSync(environment, folder)];
}

async function checkSync({ clock }: Environment, folder: string): Promise<Finding> {
  const path = join(folder, `.doctor-${process.pid}`);
  const file = await open(path, 'w', 0o600);
  try {
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const beganMs = clock.monotonicMs();
      await writeAndSync(file);
      times.push(clock.monotonicMs() - beganMs);
    }
    const medianMs = times.toSorted((a, b) => a - b)[10] ?? 0;
    const message = `fsync takes ${medianMs.toFixed(2)} ms (median of 20 with 4 KiB)`;
    return medianMs < slowSyncMs
      ? { check: 'fsync', state: 'ok', message, fix: null }
      : {
          check: 'fsync',
          state: 'warning',
          message: `${message}: each message waits for one`,
          fix: 'set CECOCHAT_HOME to a folder on a local SSD',
        };
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

async function writeAndSync(file: FileHandle): Promise<void> {
  await file.write(new Uint8Array(4096));
  await file.datasync();
}
