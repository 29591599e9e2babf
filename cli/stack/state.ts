/**
 * Reads and writes a stack's files. A write replaces the file in one step; a file that is damaged or from a
 * newer cecochat is an error that says so, and is left as it is.
 */
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CecochatError } from '../../services/core/errors.ts';
import { isErrno } from '../../services/core/errno.ts';
import type { StackFolders } from './folders.ts';
import { usualMessaging } from './ports.ts';
import type { StackEngines, StackPorts, StackSecrets, StackSize, StackState } from './stack-files.ts';
import { parseEngines, parsePorts, parseSecrets, parseSize, parseState } from './stack-files-parse.ts';

export const formatVersion = 1;
const stateFile = 'stack.json';

export function readState(folders: StackFolders): Promise<StackState | undefined> {
  return readJson(join(folders.root, stateFile), parseState);
}

export function writeState(folders: StackFolders, state: StackState): Promise<void> {
  return writeJson(join(folders.root, stateFile), state);
}

export function readSecrets(folders: StackFolders): Promise<StackSecrets | undefined> {
  return readJson(join(folders.root, 'secrets.json'), parseSecrets);
}

export function writeSecrets(folders: StackFolders, secrets: StackSecrets): Promise<void> {
  return writeJson(join(folders.root, 'secrets.json'), secrets);
}

export function readEngines(folders: StackFolders): Promise<StackEngines | undefined> {
  return readJson(join(folders.root, 'engines.json'), parseEngines);
}

export function writeEngines(folders: StackFolders, engines: StackEngines): Promise<void> {
  return writeJson(join(folders.root, 'engines.json'), engines);
}

export function readPorts(folders: StackFolders): Promise<StackPorts | undefined> {
  return readJson(join(folders.root, 'ports.json'), parsePorts);
}

export function writePorts(folders: StackFolders, ports: StackPorts): Promise<void> {
  return writeJson(join(folders.root, 'ports.json'), ports);
}

export async function readSize(folders: StackFolders): Promise<StackSize> {
  const found = await readJson(join(folders.root, 'servers.json'), parseSize);
  return found ?? { formatVersion: 1, messaging: usualMessaging, isSpread: true };
}

export function writeSize(folders: StackFolders, size: StackSize): Promise<void> {
  return writeJson(join(folders.root, 'servers.json'), size);
}

async function readJson<T>(path: string, parse: (value: unknown) => T | undefined): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw new CecochatError('data.damaged', `${path} cannot be read`, { cause: error, data: { path } });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
  if (hasNewerFormat(value)) {
    throw new CecochatError('data.newer', `${path} was written by a newer cecochat (format ${value.formatVersion})`, {
      hint: 'use that version, or another stack with --name',
      data: { path },
    });
  }
  const parsed = parse(value);
  if (parsed === undefined) {
    throw damaged(path, new Error('it does not have the fields of its kind'));
  }
  return parsed;
}

function damaged(path: string, cause: unknown): CecochatError {
  const name = basename(dirname(path));
  const argument = name === 'default' ? '' : ` --name ${name}`;
  // Only `down` finds the process that may still run: by who holds the data.
  const hint =
    basename(path) === stateFile
      ? `cecochat down${argument}, then cecochat up${argument}; the data stays`
      : `look at it; after removing it, "cecochat up" writes a new one`;
  return new CecochatError('data.damaged', `${path} is damaged`, {
    cause,
    hint,
    data: { path },
  });
}

function hasNewerFormat(value: unknown): value is { formatVersion: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'formatVersion' in value &&
    typeof value.formatVersion === 'number' &&
    value.formatVersion > formatVersion
  );
}

async function writeJson(path: string, value: object): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  // The mode above is only for a file that was not there yet.
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}

/** Puts a damaged stack.json aside, so that there is none. */
export async function putStateAside(folders: StackFolders): Promise<void> {
  const path = join(folders.root, stateFile);
  await rename(path, `${path}.damaged`);
}

/** For passwords that are known on this machine; a stack without secrets stays without. */
export async function changeSecrets(
  folders: StackFolders,
  change: (users: StackSecrets['users']) => StackSecrets['users'],
): Promise<void> {
  const secrets = await readSecrets(folders);
  if (secrets !== undefined) {
    await writeSecrets(folders, { ...secrets, users: change(secrets.users) });
  }
}
