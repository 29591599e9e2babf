/**
 * `down`: stops a stack. Data is deleted with --volumes only, after saying what it is.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { formatBytes } from '../output/units.ts';
import { folderBytes } from '../stack/folder-size.ts';
import { stackFolders } from '../stack/folders.ts';
import { inspectStack } from '../stack/inspect-stack.ts';
import { notRunning } from '../stack/running-stack.ts';
import { stopStack } from '../stack/stack-life.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
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
  const { environment, output } = invocation;
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
  if (before?.condition === 'absent' && existing === undefined) {
    throw notRunning(name, 'does not exist');
  }
  if (deleteData) {
    const held = await holding(folders.data);
    output.progress(`deleting ${folders.root}: ${formatBytes(existing ?? 0)}${held === '' ? '' : `, of it ${held}`}`);
  }
  const beganMs = clock.monotonicMs();
  const stopped = await stopStack(invocation, { name, timeoutMs: timeout, deleteData });
  const tookMs = Math.round(clock.monotonicMs() - beganMs);
  const what = stopped === 'was not running' ? stopped : `${stopped} after ${tookMs} ms`;
  const elsewhere =
    before?.state?.backends === 'external' ? '; what Kafka, Cassandra and Redis hold of it is not touched' : '';
  const rest = `${deleteData ? 'its data is deleted' : `its data stays in ${folders.data}`}${elsewhere}`;
  return {
    data: {
      name,
      stopped: stopped.replaceAll(' ', '-'),
      tookMs,
      deleted: deleteData,
      deletedBytes: deleteData ? (existing ?? 0) : 0,
    },
    text: `stack "${name}" ${what}; ${rest}`,
  };
}

async function holding(data: string): Promise<string> {
  const parts = ['backplane', 'history', 'users', 'config'];
  const sizes = await Promise.all(parts.map((part) => folderBytes(`${data}/${part}`)));
  return parts
    .flatMap((part, index) => (sizes[index] === undefined ? [] : [`${part} ${formatBytes(sizes[index])}`]))
    .join(', ');
}
