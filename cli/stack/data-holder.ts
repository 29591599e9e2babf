/**
 * Which process has the data of a stack open, asked of the data itself: every engine's folder has a lock file
 * that names its holder (pid, and its start time as services/embedded writes it). True also when stack.json is
 * damaged, gone, or of another process.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackFolders } from './folders.ts';
import { processStartOf, type ProcessIdentity } from './process/process-identity.ts';

/** Undefined when no living process but this one holds it. */
export async function dataHolder({ data }: Pick<StackFolders, 'data'>): Promise<ProcessIdentity | undefined> {
  const engines = await readdir(data).catch(() => []);
  for (const engine of engines) {
    const lock = parseLock(await readFile(join(data, engine, 'lock'), 'utf8').catch(() => ''));
    if (lock === undefined || lock.pid === process.pid) continue;
    // Learned before the comparison: what is compared afterwards is then this process or a later one.
    const processStart = await processStartOf(lock.pid);
    if (processStart !== undefined && (await identityOf(lock.pid)) === lock.identity) {
      return { pid: lock.pid, processStart };
    }
  }
  return undefined;
}

interface Lock {
  readonly pid: number;
  /** Linux: "<boot id>/<start in ticks>"; elsewhere the start time as ps prints it. */
  readonly identity: string;
}

function parseLock(text: string): Lock | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value)) return undefined;
    const { pid, identity } = value;
    const sound = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 && typeof identity === 'string';
    return sound ? { pid, identity } : undefined;
  } catch {
    // No lock, or none that an engine wrote.
    return undefined;
  }
}

async function identityOf(pid: number): Promise<string | undefined> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  if (boot === undefined) return startByPs(pid);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // proc(5): the name in parentheses may hold anything; field 22 is the start time; here from field 3 on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : `${boot.trim()}/${fields[19]}`;
}

function startByPs(pid: number): Promise<string | undefined> {
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' };
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], { env }, (error, stdout) =>
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : undefined),
    );
  });
}
