import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { CecochatError, errorCodes } from '../../services/core/errors.ts';
import { commandEntries } from '../commands/registry.ts';
import { checkOutput } from '../e2e/output-schema.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';

/** Hidden commands are the program talking to itself. */
function leaves(command: Command, path: string): string[] {
  if (command.commands.length === 0) {
    return [path];
  }
  const shown = command.helpCommand(false).createHelp().visibleCommands(command);
  return shown.flatMap((child) => leaves(child, `${path}-${child.name()}`));
}

describe('the schemas of --json', () => {
  test('describe every command', async () => {
    const missing: string[] = [];
    for (const entry of commandEntries) {
      const command = new Command(entry.name);
      (await entry.load()).define(command, () => Promise.resolve());
      missing.push(
        ...leaves(command, entry.name).filter(
          (name) => !existsSync(join(import.meta.dirname, 'schema', `${name}.json`)),
        ),
      );
    }
    expect(missing).toEqual([]);
  });

  test('refuse what they do not describe', () => {
    const envelope = { schemaVersion: 1, command: 'down', status: 'ok', warnings: [], error: null };
    const data = {
      name: 'x',
      stopped: 'killed',
      tookMs: 1,
      deleted: false,
      deletedBytes: 0,
      containersRemoved: 0,
      deletedVolumes: [],
    };
    expect(checkOutput(JSON.stringify({ ...envelope, data }))).toMatchObject({ data });
    for (const wrong of [{ ...data, tookMs: '1' }, { ...data, extra: 1 }, {}]) {
      expect(() => checkOutput(JSON.stringify({ ...envelope, data: wrong }))).toThrow('down.json');
    }
    expect(() => checkOutput(JSON.stringify({ ...envelope, data, status: 'fine' }))).toThrow('envelope.json');
  });
});

describe('exit codes', () => {
  test('are known for every error code', () => {
    expect(Object.keys(exitCodes).toSorted()).toEqual([...errorCodes].toSorted());
    expect([
      exitCodes['usage.invalid'],
      exitCodes['stack.not_running'],
      exitCodes['timed.out'],
      exitCodes['stack.unhealthy'],
      exitCodes.interrupted,
    ]).toEqual([2, 3, 4, 5, 130]);
  });

  test.each(['usage.invalid', 'request.invalid', 'request.too_large', 'message.too_large', 'config.invalid'] as const)(
    'say by 2 that the input is wrong: %s',
    (code) => {
      expect(exitCodeOf(new CecochatError(code, 'wrong'))).toBe(2);
    },
  );
});
