/**
 * The commands of the README's sections "Looking into ...", typed as they stand there in the containers of a stack,
 * where the tools of the engines are.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectFolder, type Sandbox } from '../sandbox.ts';
import { containersOf, docker } from './docker-command.ts';

type Part = 'redis' | 'cassandra' | 'kafka';
const parts: readonly Part[] = ['redis', 'cassandra', 'kafka'];

/** What goes on until somebody ends it. */
const endless = /^redis-cli subscribe /;
const path = 'PATH=$PATH:/opt/kafka/bin:/opt/cassandra/bin';

/** Fails with the first command that does not do what the README says. */
export async function typeInspectionCommands(sandbox: Sandbox, stack: string): Promise<void> {
  const readme = await readFile(join(projectFolder, 'README.md'), 'utf8');
  const containers = await containersOf(stack);
  await Promise.all(
    parts.map(async (part) => {
      const commands = commandsIn(sectionOf(readme, part));
      expect(commands.length, `commands for ${part}`).toBeGreaterThan(5);
      for (const command of commands) {
        if (command.startsWith('npx cecochat ')) await byHandShows(sandbox, { command, stack });
        else await typed(command, containers[part] ?? '');
      }
    }),
  );
}

async function typed(command: string, container: string): Promise<void> {
  const line = endless.test(command) ? `timeout 1 ${command} || test $? = 124` : command;
  const output = await docker('exec', container, 'sh', '-c', `${path}\n${line}`);
  expect(output, command).toMatch(/\S/);
  // redis-cli says so with exit code 0; a row that is not there is not what the README promises.
  expect(output, command).not.toMatch(/^\(?(?:ERR|error|NOAUTH|WRONGTYPE)\b|\(0 rows\)/im);
}

/** A change that was made by hand shows within five seconds. */
async function byHandShows(sandbox: Sandbox, on: { readonly command: string; readonly stack: string }): Promise<void> {
  const words = on.command.split(' ').slice(2);
  const log = async (): Promise<string> => (await sandbox.run([...words, '--name', on.stack])).stdout;
  await expect.poll(log, { timeout: 10_000, interval: 200 }).toContain('by hand');
}

function sectionOf(readme: string, part: Part): string {
  const title = `### Looking into ${part.replace(/^./, (letter) => letter.toUpperCase())}\n`;
  const [, section] = readme.split(title);
  return section?.split(/^#/m)[0] ?? '';
}

/** Whole commands: lines that go on, and what is typed into a command, belong together. */
function commandsIn(section: string): string[] {
  const shell = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block).join('\n');
  const commands = shell.matchAll(/^(?:.*<<'END'\n[\s\S]*?\nEND|(?:.*\\\n)*.+)$/gm);
  return [...commands].map(([command]) => command.replace(/ +# .*$/, '').trim());
}
