/**
 * A tmux server that nobody else uses, with one window of a shell that does nothing: settings come before commands.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder, type Sandbox } from '../sandbox.ts';

const run = promisify(execFile);
const settings = { status: 'off', 'remain-on-exit': 'on', 'remain-on-exit-format': '', 'escape-time': '0' };

export interface TmuxServer {
  /** Runs a command of tmux; resolves with what it prints. */
  readonly tmux: (...args: readonly string[]) => Promise<string>;
  /** What reaches this server by a process of one's own. */
  readonly base: readonly string[];
  readonly options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string };
  readonly end: () => Promise<void>;
}

export async function startTmuxServer(
  env: Sandbox['env'],
  size: { readonly columns: number; readonly rows: number },
): Promise<TmuxServer> {
  const { CI: _, ...rest } = env;
  const options = { env: { ...rest, LANG: 'C.UTF-8', TERM: 'xterm-256color' }, cwd: projectFolder };
  const base = ['-u', '-S', join(tmpdir(), `cecochat-tmux-${randomUUID()}`), '-f', '/dev/null'];
  const tmux: TmuxServer['tmux'] = async (...args) => (await run('tmux', [...base, ...args], options)).stdout;
  const cells = ['-x', String(size.columns), '-y', String(size.rows)];
  const sets = Object.entries(settings).flatMap(([name, value]) => [';', 'set', '-g', name, value]);
  const hook = [';', 'set-hook', '-g', 'alert-bell', 'set -ag @bells x'];
  await tmux('new-session', '-d', ...cells, 'sleep 1000000', ...sets, ...hook);
  return { tmux, base, options, end: async () => void (await tmux('kill-server').catch(() => undefined)) };
}
