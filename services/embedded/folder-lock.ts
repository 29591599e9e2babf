/**
 * One process at a time in a folder. The lock is a file that names its holder by pid, start time and boot, so
 * it ends with the process, however it died, and a reused pid does not keep it. Made by link(2): it is there
 * whole or not at all. A stale lock is replaced under a lock of its own, so that of two takers one wins.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../core/errno.ts';
import { CecochatError } from '../core/errors.ts';
import { processIdentity } from './process-identity.ts';

interface Holder {
  readonly pid: number;
  readonly identity: string;
  readonly token: string;
}

/** Errors: data.locked naming the pid of the process that has the folder (maybe this one). */
export function lockFolder(folder: string): Disposable {
  const mine: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '', token: randomUUID() };
  const file = join(folder, 'lock');
  const other = take(file, mine);
  if (other !== undefined) {
    throw new CecochatError('data.locked', `${folder} is in use by process ${other.pid}`, {
      hint: `Stop process ${other.pid} first, or use another data folder.`,
      data: { folder, pid: String(other.pid) },
    });
  }
  return {
    [Symbol.dispose]() {
      if (readHolder(file)?.token === mine.token) unlinkSync(file);
    },
  };
}

/** Undefined when the lock is now `mine`, otherwise its living holder. */
function take(file: string, mine: Holder): Holder | undefined {
  for (;;) {
    if (linkNew(file, mine)) return undefined;
    const holder = readHolder(file);
    if (holder === undefined) continue;
    if (isAlive(holder)) return holder;
    const turn = `${file}.${holder.token}`;
    const rival = take(turn, mine);
    if (rival !== undefined) return rival;
    try {
      if (readHolder(file)?.token === holder.token) {
        const draft = `${file}.${mine.token}.new`;
        writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
        renameSync(draft, file);
        return undefined;
      }
    } finally {
      unlinkSync(turn);
    }
  }
}

function linkNew(file: string, mine: Holder): boolean {
  const draft = `${file}.${mine.token}.new`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Undefined when there is no lock. One that says nothing sensible counts as left by a dead process. */
function readHolder(file: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const dead: Holder = { pid: 0, identity: '', token: 'unreadable' };
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : dead;
  } catch {
    return dead;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value) || !Number.isSafeInteger(value.pid)) return false;
  return (
    'identity' in value && typeof value.identity === 'string' && 'token' in value && typeof value.token === 'string'
  );
}

function isAlive(holder: Holder): boolean {
  if (holder.pid <= 0) return false;
  const identity = processIdentity(holder.pid);
  return identity !== undefined && identity === holder.identity;
}
