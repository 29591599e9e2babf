/**
 * Which processes belong to a sandbox, and what they listen on, as Linux tells in /proc. A process belongs
 * to it when its environment says so: children inherit that, also detached ones.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Processes whose environment holds `mark` ("HOME=/tmp/x"); zombies have none and are not found. */
export async function processesWith(mark: string): Promise<FoundProcess[]> {
  const found: FoundProcess[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = await readIfThere(`/proc/${pid}/environ`);
    if (!environment.split('\0').includes(mark)) continue;
    found.push({ pid, command: (await readIfThere(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim() });
  }
  return found;
}

/** TCP ports on which a process listens. */
export async function listeningPorts(pid: number): Promise<number[]> {
  const sockets = new Set<string>();
  for (const entry of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const target = await readlink(`/proc/${pid}/fd/${entry}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readIfThere(`/proc/${pid}/net/${name}`)));
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => row[3] === '0A' && sockets.has(row[9] ?? ''))
    .map((row) => Number.parseInt(row[1]?.split(':')[1] ?? '', 16));
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
