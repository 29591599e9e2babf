/**
 * `down`: stops a stack. Data is deleted with --volumes only, after saying what it is.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { asError } from '../../services/core/thrown.ts';
import { folderBytes } from '../stack/folder-size.ts';
import { stackFolders } from '../stack/folders.ts';
import { findStackOnDocker, type StackOnDocker } from '../stack/docker/stack-on-docker.ts';
import { inspectStack, type StackInspection } from '../stack/inspect-stack.ts';
import { notRunning } from '../stack/running-stack.ts';
import { stopStack } from '../stack/stack-life.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { sayDeleted } from './deleting.ts';
import { addExamples, durationFlag, stackOption } from './options.ts';

interface DownOptions {
  readonly name: string;
  readonly volumes?: true;
  readonly timeout: number;
}

export const downCommand: CommandModule = {
  define(command, run) {
    command
      .description('Stop a stack: asks it to stop, waits, and kills it when it does not stop in time.')
      .addOption(stackOption())
      .option('--volumes', 'also delete its data, logs and secrets')
      .addOption(
        durationFlag('--timeout <duration>', 'how long it may take to stop by itself', { min: 0, defaultMs: 15_000 }),
      )
      .action((options: DownOptions) => run((invocation) => down(invocation, options)));
    addExamples(command, [
      ['cecochat down', 'stop the stack "default"; its messages stay'],
      ['cecochat down --volumes', 'stop it and delete all that it stored'],
    ]);
  },
};

/** Stopping what does not run is no failure as long as there is such a stack: scripts clean up twice. */
async function down(invocation: Invocation, { name, volumes, timeout }: DownOptions): Promise<CommandResult> {
  const { environment } = invocation;
  const { clock } = environment;
  const folders = stackFolders(environment, name);
  const before = await inspectStack(environment, name).catch((error: unknown) => {
    // A damaged file must not keep anybody from stopping the stack, nor any other one from deleting it.
    if (volumes === true || (error instanceof CecochatError && error.code === 'data.damaged')) {
      return undefined;
    }
    throw error;
  });
  const deleteData = volumes === true;
  const existing = await folderBytes(folders.root);
  const onDocker = await settled(findStackOnDocker(environment, name, { measures: deleteData }));
  if (before?.condition === 'absent' && existing === undefined && onDocker.value === undefined) {
    throw notRunning(name, 'does not exist');
  }
  if (deleteData) {
    const { root: folder, data } = folders;
    await sayDeleted(invocation, { folder, bytes: existing ?? 0, data, onDocker: onDocker.value });
  }
  const beganMs = clock.monotonicMs();
  const stopped = await stopStack(invocation, {
    name,
    timeoutMs: timeout,
    // A folder that was not there is not left behind either.
    deleteData: deleteData || existing === undefined,
    alsoStop: async () => {
      if (onDocker.error !== undefined) throw onDocker.error;
      await onDocker.value?.remove({ graceMs: timeout, deleteVolumes: deleteData });
    },
  });
  const tookMs = Math.round(clock.monotonicMs() - beganMs);
  return {
    data: {
      name,
      stopped: stopped.replaceAll(' ', '-'),
      tookMs,
      deleted: deleteData,
      deletedBytes: deleteData ? (existing ?? 0) : 0,
      containersRemoved: onDocker.value?.containers ?? 0,
      deletedVolumes: deleteData ? (onDocker.value?.volumes ?? []).map((volume) => volume.name) : [],
    },
    text: downText({ name, stopped, tookMs, deleteData, data: folders.data, onDocker: onDocker.value, before }),
  };
}

/** What an engine that does not answer has of it is told once the servers are stopped. */
async function settled<T>(work: Promise<T>): Promise<{ readonly value?: T; readonly error?: Error }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: asError(error) };
  }
}

interface Ended {
  readonly name: string;
  readonly stopped: string;
  readonly tookMs: number;
  readonly deleteData: boolean;
  /** Folder of the embedded engines. */
  readonly data: string;
  readonly onDocker: StackOnDocker | undefined;
  readonly before: StackInspection | undefined;
}

function downText({ name, stopped, tookMs, deleteData, data, onDocker, before }: Ended): string {
  const what = stopped === 'was not running' ? stopped : `${stopped} after ${tookMs} ms`;
  const volumes = (onDocker?.volumes ?? []).map((volume) => volume.name).join(', ');
  const containers = onDocker === undefined ? '' : `; ${onDocker.containers} containers are removed`;
  const stays = onDocker === undefined ? data : `the volumes ${volumes}`;
  const elsewhere =
    before?.state?.backends === 'external' ? '; what Kafka, Cassandra and Redis hold of it is not touched' : '';
  return `stack "${name}" ${what}${containers}; ${deleteData ? 'its data is deleted' : `its data stays in ${stays}`}${elsewhere}`;
}
