/**
 * Every path, script, command and option that a README names is there.
 */
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json } from './envelope.ts';
import { openSandbox, projectFolder, type Sandbox } from './sandbox.ts';

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: projectFolder,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const read = (document: string): Promise<string> => readFile(join(projectFolder, document), 'utf8');

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap((match) => match[1] ?? []);
}

test.each(documents)('%s: every path exists', async (document) => {
  const text = await read(document);
  const links = matches(text, /\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g).map((path) =>
    join(dirname(document), path),
  );
  const named = matches(text, /`((?:bin|cli|services|compose|protos|\.ci|\.checks)\/[\w./-]*)`/g);
  const missing: string[] = [];
  for (const path of new Set([...links, ...named])) {
    await access(join(projectFolder, path)).catch(() => missing.push(path));
  }
  expect(missing.join('\n')).toBe('');
});

/** "cecochat …" in code, one command each; what is in capitals or in angle brackets stands for something. */
function commandsIn(text: string): string[] {
  const fence = /```(\w*)\n([\s\S]*?)```/g;
  const shell = [...text.matchAll(fence)].filter(([, language = '']) => /^(sh|bash|console)?$/.test(language));
  const code = [...shell.map(([, , block = '']) => block), ...matches(text.replaceAll(fence, ''), /`([^`\n]+)`/g)];
  return code
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/(^|\s)#\s.*$/, ''))
    .flatMap((line) => line.split(/&&|\||;/))
    .flatMap((part) => matches(part, /(?:^|\s)(?:npx )?cecochat ([a-z][^<>]*)/g));
}

test.each(documents)('%s: every command and option exists', async (document) => {
  const wrong: string[] = [];
  for (const command of new Set(commandsIn(await read(document)))) {
    const words = command.trim().split(/\s+/);
    const options = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.split('=')[0] ?? word);
    const help = await helpOf(words.filter((word) => /^[a-z][a-z-]*$/.test(word)));
    if (help === undefined) wrong.push(`cecochat ${command}`);
    else
      wrong.push(
        ...options.filter((option) => !help.includes(option)).map((option) => `${option} of cecochat ${command}`),
      );
  }
  expect(wrong.join('\n')).toBe('');
});

/** The help of the longest prefix of the words that is a command; undefined when not even the first is one. */
async function helpOf(words: readonly string[]): Promise<string | undefined> {
  for (const length of [2, 1]) {
    const path = words.slice(0, length);
    if (path.length < length) continue;
    const { exitCode, stdout } = await sandbox.run([...path, '--help']);
    if (exitCode === 0 && stdout.includes(`cecochat ${path.join(' ')}`)) return stdout;
  }
  return undefined;
}

test.each(documents)('%s: every npm script exists', async (document) => {
  const scripts = Object.keys(Object(json(JSON.parse(await read('package.json'))).at('scripts').value));
  const named = matches(await read(document), /npm run ([a-z:0-9-]+)/g);
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});

test('the README names the commands that the promises are checked with', async () => {
  const text = await read('README.md');
  for (const command of [
    'npm ci && npx cecochat up',
    'npm test',
    'npm run test:e2e -- kill',
    'npm run test:e2e -- moves',
  ])
    expect(text).toContain(command);
});

test('the configuration reference of the README is what the program prints', async () => {
  const { stdout } = await sandbox.run(['config', 'reference', '--markdown']);
  const [, printed] = (await read('README.md')).split(/<!-- \/?reference -->\n/);
  expect(printed?.trim()).toBe(stdout.trim());
});
