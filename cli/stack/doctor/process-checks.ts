/**
 * Node.js and what the system lets a process do.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Finding } from './checks.ts';

/** package.json "engines". */
const leastNode = [20, 11] as const;

export function checkNode(): Promise<Finding[]> {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  const least = leastNode.join('.');
  return Promise.resolve([
    enough
      ? { check: 'node', state: 'ok', message: `Node.js ${version}`, fix: null }
      : {
          check: 'node',
          state: 'failed',
          message: `Node.js ${version} is older than ${least}`,
          fix: `install Node.js ${least} or newer`,
        },
  ]);
}

const enoughFiles = 65_536;
const neededFiles = 1024;

export async function checkOpenFiles(): Promise<Finding[]> {
  const limit = await openFileLimit();
  if (limit === undefined) {
    return [{ check: 'open files', state: 'info', message: 'the limit cannot be learned here', fix: null }];
  }
  if (limit >= enoughFiles) {
    return [
      {
        check: 'open files',
        state: 'ok',
        message: `${limit === Infinity ? 'no limit' : `${limit} per process`}`,
        fix: null,
      },
    ];
  }
  return [
    {
      check: 'open files',
      state: limit < neededFiles ? 'failed' : 'warning',
      message: `only ${limit} per process: each connected client takes one`,
      fix: `ulimit -n ${enoughFiles}   (in this shell; for good: /etc/security/limits.conf)`,
    },
  ];
}

async function openFileLimit(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => undefined);
  const text = limits === undefined ? await shellLimit() : /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (text === 'unlimited') {
    return Infinity;
  }
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

function shellLimit(): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', 'ulimit -n'], (error, stdout) => resolve(error === null ? stdout.trim() : undefined));
  });
}
