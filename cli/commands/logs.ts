/**
 * `logs`: the merged log of all servers of a stack, for people or as JSON lines.
 */
import { Option } from 'commander';
import { CecochatError } from '../../services/core/errors.ts';
import { formatLogLine, logLevels, matchesLog, parseLogLine, type LogLevel, type LogLine } from '../output/log-line.ts';
import { openContainerLogs, type FindContainerLogs } from '../stack/docker/container-logs.ts';
import { stackFolders } from '../stack/folders.ts';
import { logFiles, openLog } from '../stack/log-reader.ts';
import { mergeLogs, type LogSource } from '../stack/merged-log.ts';
import { notRunning } from '../stack/running-stack.ts';
import { serverNames } from '../stack/server-names.ts';
import { readState } from '../stack/state.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, integerOption, stackOption } from './options.ts';

interface LogsOptions {
  readonly name: string;
  readonly follow?: true;
  readonly part: readonly string[];
  readonly level: LogLevel;
  readonly tail: number;
}

export const logsCommand: CommandModule = {
  define(command, run) {
    command
      .description(
        'Show the log of a stack, all servers and containers merged; also of one that does not run any more.',
      )
      .addOption(stackOption())
      .option('-f, --follow', 'go on with what is logged from now, until Ctrl-C')
      .option(
        '--part <server>',
        'only this server or container, by name or id (may be repeated)',
        (part: string, parts: string[]) => [...parts, part],
        [],
      )
      .addOption(new Option('--level <level>', 'least level shown').choices(logLevels).default('info'))
      .option('--tail <count>', 'how many of the last lines', integerOption({ min: 0, max: 1_000_000 }), 100)
      .action((options: LogsOptions) => run((invocation) => logs(invocation, options)));
    addExamples(command, [
      ['cecochat logs --follow', 'watch all servers'],
      ['cecochat logs --part messaging --level warn', 'what went wrong in messaging'],
      ['cecochat logs --json | jq .data.message', 'for programs'],
    ]);
  },
};

async function logs(invocation: Invocation, options: LogsOptions): Promise<CommandResult> {
  const { environment } = invocation;
  const { name, part, level, tail } = options;
  const folders = stackFolders(environment, name);
  const state = await readState(folders);
  const findContainers = openContainers(invocation, name);
  const containers = await findContainers();
  if (state === undefined && containers.length === 0) {
    throw notRunning(name, 'was never started');
  }
  const servers = (state?.servers ?? []).map((server) => server.serverId);
  const supervisor = (state?.processes.length ?? 0) > 0 ? ['supervisor'] : [];
  const known = new Set([...serverNames, ...servers, ...supervisor, ...containers.map((container) => container.part)]);
  const unknown = part.find((wanted) => !known.has(wanted));
  if (unknown !== undefined) {
    throw new CecochatError('usage.invalid', `option --part: there is no server "${unknown}"`, {
      hint: `one of ${[...known].join(', ')}`,
    });
  }
  const shown = await showLog(invocation, {
    folder: folders.logs,
    level,
    parts: part,
    tail,
    follow: options.follow === true,
    containers: async () =>
      (await findContainers()).filter(
        (container) => part.length === 0 || part.some((wanted) => isPart(container.part, wanted)),
      ),
  });
  return { data: { name, lines: shown } };
}

/** While the engine is silent there are none, which is said once. */
function openContainers({ environment, output }: Invocation, name: string): FindContainerLogs {
  let isSaid = false;
  const missing = (error: unknown): readonly [] => {
    if (!(error instanceof CecochatError)) throw error;
    if (!isSaid) output.warn(`its containers' output is missing: ${error.message}`);
    isSaid = true;
    return [];
  };
  const opening = openContainerLogs(environment, name);
  return () => opening.then((find) => find()).catch(missing);
}

/** "messaging" and "s1" are messaging-s1. */
function isPart(part: string, wanted: string): boolean {
  return part === wanted || (part.startsWith('messaging-') && part.split('-').includes(wanted));
}

export interface ShowLogRequest {
  readonly folder: string;
  readonly level: LogLevel;
  readonly parts: readonly string[];
  readonly tail: number;
  readonly follow: boolean;
  /** Merged with the servers' log by time. */
  readonly containers?: FindContainerLogs;
}

/** The number of lines shown. */
export async function showLog({ environment, output }: Invocation, request: ShowLogRequest): Promise<number> {
  const { signal, clock } = environment;
  const { tail, follow } = request;
  const accept = (line: LogLine): boolean => matchesLog(line, request);
  const find = (): Promise<LogSource[]> => findLogs(environment, request);
  let shown = 0;
  for await (const line of mergeLogs(find, { tail, follow, accept, signal, clock })) {
    await output.event({ event: 'log', data: line, text: formatLogLine(line, output.colours) });
    shown += 1;
  }
  signal.throwIfAborted();
  return shown;
}

/** What the servers log, in one file or in one for each of their processes, and what the containers print. */
export async function findLogs(environment: Invocation['environment'], request: ShowLogRequest): Promise<LogSource[]> {
  const [files, containers] = await Promise.all([logFiles(request.folder), request.containers?.() ?? []]);
  return [...files.map((file) => serverLog(environment, { ...request, file })), ...containers];
}

function serverLog(
  { clock, signal }: Invocation['environment'],
  request: ShowLogRequest & { readonly file: string },
): LogSource {
  const { folder, file } = request;
  const accept = (line: string): boolean => matchesLog(parseLogLine(line), request);
  return {
    key: file,
    open: async ({ tail }) => {
      const { history, added } = await openLog({ folder, file, tail, accept, clock, signal });
      return {
        history: history.map(parseLogLine),
        async *live() {
          for await (const line of added()) yield parseLogLine(line);
        },
      };
    },
  };
}
