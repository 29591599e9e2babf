/**
 * Tells whether a process that was written down still runs: its pid may belong to another one by now, so
 * its start time is compared too.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isErrno } from '../../../services/core/errno.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Start time as the system counts it; '' where it cannot be learned: then the pid alone decides. */
  readonly processStart: string;
}

export async function isRunning({ pid, processStart }: ProcessIdentity): Promise<boolean> {
  if (!exists(pid)) {
    return false;
  }
  const now = await processStartOf(pid);
  return now !== undefined && (processStart === '' || now === '' || now === processStart);
}

/** undefined when there is no such process, or only its remains (a zombie). */
export async function processStartOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const fields = await statFields(pid);
    // proc(5): field 3 is the state, field 22 the start time in ticks since boot; here from field 3 on.
    return fields === undefined || fields[0] === 'Z' || fields[0] === 'X'
      ? undefined
      : `${await bootId()}:${fields[19] ?? ''}`;
  }
  if (process.platform === 'win32') {
    return exists(pid) ? '' : undefined;
  }
  const text = await ps(pid, 'stat=,lstart=');
  return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
}

/** Resident memory in bytes; undefined when it cannot be learned. */
export async function residentBytesOf(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  }
  const kib = process.platform === 'win32' ? '' : await ps(pid, 'rss=');
  return kib === '' ? undefined : Number(kib) * 1024;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return isErrno(error, 'EPERM');
  }
}

async function statFields(pid: number): Promise<string[] | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may hold spaces and parentheses itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Ticks since boot repeat after the next boot. */
async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim().slice(0, 8);
}

function ps(pid: number, columns: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', columns, '-p', String(pid)], (error, stdout) => resolve(error === null ? stdout.trim() : ''));
  });
}
