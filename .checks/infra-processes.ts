/**
 * The processes and ports of an infra run. A process belongs to a folder when it works in it: every engine does,
 * also one that a test started and left, and one that was stopped with SIGSTOP.
 */
import { readdir, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { randomInt, systemRandom } from '../services/core/random.ts';
import { systemClock } from '../services/core/time/clock.ts';

const patience = 100;

/** Kills what lives in the folder, at once since nothing of it is kept, and deletes it. */
export async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; attempt < patience; attempt += 1) {
    const pids = await processesIn(folder);
    if (pids.length === 0) break;
    for (const pid of pids) kill(pid);
    await systemClock.sleep(50);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const homes = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, index) => homes[index] === folder || homes[index]?.startsWith(`${folder}/`) === true);
}

/** At once; a negative one is a whole group. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

export interface Socket {
  readonly host: string;
  readonly port: number;
}

/** A port from which all these sockets are free; above 32767 the system takes ports for connections. */
export async function freePort(sockets: (port: number) => readonly Socket[]): Promise<number> {
  for (let attempt = 0; attempt < patience; attempt += 1) {
    const port = 22_000 + randomInt(systemRandom, 10_000);
    const free = await Promise.all(sockets(port).map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error('no free ports between 22000 and 32000');
}

function isFree({ host, port }: Socket): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
