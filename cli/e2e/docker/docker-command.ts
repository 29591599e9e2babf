/**
 * The Docker engine of the machine, asked with the docker command and not with the program's own client.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Where the tests' engine is; one that does not answer fails them. */
export const engineUrl = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';

/** Standard output. Error: what the command said. */
export function docker(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // Its classic builder needs no plugin, and asks no registry for an image that is there.
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    execFile('docker', ['--host', engineUrl, ...args], { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      error === null
        ? resolve(stdout.trim())
        : reject(new Error(`docker ${args.join(' ')}: ${stderr || error.message}`)),
    );
  });
}

export async function requireEngine(): Promise<void> {
  await docker('version', '--format', '{{.Server.Version}}');
  for (const image of ['redis:7', 'apache/kafka:4.3.1', 'cassandra:5.0']) await docker('image', 'inspect', image);
}

/** Everything on the engine, a line each. */
export async function snapshot(): Promise<string[]> {
  const [containers, networks, volumes] = await Promise.all([
    docker('ps', '--all', '--format', 'container {{.Names}}'),
    docker('network', 'ls', '--format', 'network {{.Name}}'),
    docker('volume', 'ls', '--format', 'volume {{.Name}}'),
  ]);
  return [...lines(containers), ...lines(networks), ...lines(volumes)].toSorted();
}

/** Container ids by part. */
export async function containersOf(stack: string): Promise<Readonly<Record<string, string>>> {
  const format = '{{.Label "cecochat.part"}} {{.ID}}';
  const text = await docker('ps', '--all', '--filter', `label=cecochat.stack=${stack}`, '--format', format);
  return Object.fromEntries(lines(text).map((line) => line.split(' ') as [string, string]));
}

/** Whatever is left of a stack. */
export async function removeStackOf(name: string): Promise<void> {
  const ids = Object.values(await containersOf(name));
  if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids);
  const filter = ['--filter', `label=cecochat.stack=${name}`, '--quiet'];
  for (const kind of ['network', 'volume']) {
    const found = (await docker(kind, 'ls', ...filter)).split('\n').filter((line) => line !== '');
    if (found.length > 0) await docker(kind, 'rm', ...found);
  }
}

/** Whether anybody listens on that port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  const rows = tables.flatMap((table) => table.split('\n').map((row) => row.trim().split(/\s+/)));
  return rows.some((row) => row[3] === '0A' && Number.parseInt(row[1]?.split(':')[1] ?? '', 16) === port);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
