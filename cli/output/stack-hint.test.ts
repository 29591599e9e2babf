import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { Command as Program } from 'commander';
import { commandEntries } from '../commands/registry.ts';
import { stackCommands, stackHint } from './stack-hint.ts';

test.each([
  ['cecochat user list shows all names', 'cecochat user list --name foo shows all names'],
  ['"cecochat down", then "cecochat up"', '"cecochat down --name foo", then "cecochat up --name foo"'],
  ['cecochat status; cecochat logs', 'cecochat status --name foo; cecochat logs --name foo'],
  ['cecochat up --messaging 4', 'cecochat up --name foo --messaging 4'],
  // It has one, it needs none, it is none.
  ['cecochat up --name other --profile x', 'cecochat up --name other --profile x'],
  ['cecochat up --help', 'cecochat up --help'],
  ['cecochat config reference', 'cecochat config reference'],
  ['cecochat upgrade, start cecochat', 'cecochat upgrade, start cecochat'],
])('"%s" names the stack', (hint, named) => {
  expect(stackHint(hint, 'foo')).toBe(named);
  expect(stackHint(hint, 'default')).toBe(hint);
  expect(stackHint(hint, undefined)).toBe(hint);
});

test('all commands that take the name of a stack are known', async () => {
  const program = new Program('cecochat');
  for (const { name, load } of commandEntries) {
    const command = program.command(name);
    (await load()).define(command, () => Promise.resolve());
  }
  expect(takingName(program, []).toSorted()).toEqual(stackCommands.toSorted());
});

function takingName(command: Command, path: readonly string[]): string[] {
  const own = command.options.some(({ long }) => long === '--name') ? [path.join(' ')] : [];
  return [...own, ...command.commands.flatMap((child) => takingName(child, [...path, child.name()]))];
}
