/**
 * `reset`: a fresh start. What a stack stored goes, after it is said what that is; what it runs on, its ports, its
 * passwords and the number of its servers stay.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { CecochatError } from '../../services/core/errors.ts';
import { folderBytes } from '../stack/folder-size.ts';
import { stackFolders, type StackFolders } from '../stack/folders.ts';
import { profilesOfParts } from '../stack/docker/provision/published-ports.ts';
import { findStackOnDocker } from '../stack/docker/stack-on-docker.ts';
import { inspectStack } from '../stack/inspect-stack.ts';
import { notRunning } from '../stack/running-stack.ts';
import { stopStack } from '../stack/stack-life.ts';
import { readEngines } from '../stack/state.ts';
import { clientsFolder } from './chat-access/chat-access.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { sayDeleted } from './deleting.ts';
import { addExamples, stackOption } from './options.ts';
import { nameArgument } from './stack-text.ts';
import { bringUp } from './up.ts';

const stopLimitMs = 15_000;

export const resetCommand: CommandModule = {
  define(command, run) {
    command
      .description(
        'Give a stack a fresh start: stops it, deletes its messages, accounts and configuration, and starts it again on the same engines, with the same ports and as many messaging servers. Users whose passwords this machine keeps are made again. Not for external engines, which others may use.',
      )
      .addOption(stackOption())
      .action((options: { readonly name: string }) => run((invocation) => reset(invocation, options)));
    addExamples(command, [
      ['cecochat reset', 'the stack "default", as if it had just been made'],
      ['cecochat reset --name second', 'another one'],
    ]);
  },
};

async function reset(invocation: Invocation, { name }: { readonly name: string }): Promise<CommandResult> {
  const { environment } = invocation;
  const folders = stackFolders(environment, name);
  const { condition, state } = await inspectStack(environment, name);
  const onDocker = await findStackOnDocker(environment, name, { measures: true });
  if (condition === 'absent' && onDocker === undefined && !existsSync(folders.data)) {
    throw notRunning(name, 'does not exist');
  }
  if (state?.backends === 'external' || (await isOnExternal(folders))) throw external(name);
  const deletedBytes = (await folderBytes(folders.data)) ?? 0;
  await sayDeleted(invocation, { folder: folders.data, bytes: deletedBytes, data: folders.data, onDocker });
  await stopStack(invocation, {
    name,
    timeoutMs: stopLimitMs,
    deleteData: false,
    alsoStop: async () => {
      await onDocker?.remove({ graceMs: stopLimitMs, deleteVolumes: true });
      await deleteFolder(folders.data);
      // Sessions of accounts, and places in feeds, that are gone.
      await deleteFolder(clientsFolder(environment, name));
    },
  });
  const profile = profilesOfParts(onDocker?.parts ?? []);
  const { data, ...result } = await bringUp(invocation, { name, backends: 'auto', profile });
  const deletedVolumes = (onDocker?.volumes ?? []).map((volume) => volume.name);
  return { ...result, data: { ...data, deletedBytes, deletedVolumes } };
}

async function isOnExternal(folders: StackFolders): Promise<boolean> {
  const engines = await readEngines(folders);
  return engines?.docker === undefined && engines?.settings['backend'] === 'external';
}

function external(name: string): CecochatError {
  const argument = nameArgument(name);
  return new CecochatError(
    'usage.invalid',
    `stack "${name}" is on external engines: what Kafka, Cassandra and Redis hold is not for reset to delete`,
    {
      hint: `cecochat down${argument}, delete its topics, keyspace and keys there, then cecochat up${argument}`,
      data: { stack: name },
    },
  );
}

/** All of it or, when it is interrupted, nothing that an `up` would find. */
async function deleteFolder(folder: string): Promise<void> {
  const aside = `${folder}-deleted`;
  await rm(aside, { recursive: true, force: true });
  if (existsSync(folder)) await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
}
