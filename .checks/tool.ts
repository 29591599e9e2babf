/**
 * Runs the project's tools as child processes, in a given folder, and collects what they say.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters as plain } from 'node:util';

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `command` to its end; a command that cannot be started rejects. */
export function run(command: string, args: readonly string[], folder: string): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, stdout: plain(stdout), stderr: plain(stderr) }));
  });
}

/** A tool of the project's own devDependencies. */
export function runTool(name: string, args: readonly string[], root: string): Promise<ToolResult> {
  return run(join(root, 'node_modules', '.bin', name), args, root);
}

/** Every line that is not blank. */
export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** What a failed tool said; a failure without a word is a finding too. */
export function findingsOf(name: string, result: ToolResult): string[] {
  if (result.exitCode === 0) return [];
  const said = lines(`${result.stdout}\n${result.stderr}`);
  return said.length > 0 ? said : [`${name} failed with exit code ${result.exitCode}`];
}
