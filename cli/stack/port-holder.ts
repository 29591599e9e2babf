/**
 * Who listens on a port, for a message: "node, pid 4711". Only on Linux and only for processes that may be
 * looked at; nothing depends on it.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

export async function portHolder(port: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return undefined;
  }
  const inodes = new Set((await Promise.all(['tcp', 'tcp6'].map((file) => listeners(file, port)))).flat());
  if (inodes.size === 0) {
    return undefined;
  }
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids) {
    if (await holdsSocket(pid, inodes)) {
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      return `${name === '' ? '' : `${name}, `}pid ${pid}`;
    }
  }
  return undefined;
}

/** proc(5), /proc/net/tcp: local address in hex with the port behind the colon, state 0A = LISTEN, inode in field 10. */
async function listeners(file: string, port: number): Promise<string[]> {
  const text = await readFile(`/proc/net/${file}`, 'utf8').catch(() => '');
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    return fields[1]?.endsWith(suffix) === true && fields[3] === '0A' && inode !== undefined ? [inode] : [];
  });
}

async function holdsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) {
      return true;
    }
  }
  return false;
}
