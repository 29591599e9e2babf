/**
 * `logs`: the merged log of all servers of a stack, for people or as JSON lines.
 */
import { Option } from '../commander.ts';
import { CecochatError } from '../../services/core/errors.ts';
import { formatLogLine, logLevels, matchesLog, parseLogLine, type LogLevel } from '../output/log-line.ts';
import { stackFolders } from '../stack/folders.ts';
import { readLog } from '../stack/log-reader.ts';
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
      .description('Show the log of a stack, all servers merged; also of one that does not run any more.')
      .addOption(stackOption())
      .option('-f, --follow', 'go on with what is logged from now, until Ctrl-C')
      .option(
        '--part <server>',
        'only this server, by name or id (may be repeated)',
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
  if (state === undefined) {
    throw notRunning(name, 'was never started');
  }
  const known = new Set([...serverNames, ...state.servers.map((server) => server.serverId)]);
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
  });
  return { data: { name, lines: shown } };
}

export interface ShowLogRequest {
  readonly folder: string;
  readonly level: LogLevel;
  readonly parts: readonly string[];
  readonly tail: number;
  readonly follow: boolean;
}

/** The number of lines shown. */
export async function showLog({ environment, output }: Invocation, request: ShowLogRequest): Promise<number> {
  const { clock, signal } = environment;
  const { folder, tail, follow } = request;
  const accept = (line: string): boolean => matchesLog(parseLogLine(line), request);
  let shown = 0;
  for await (const line of readLog({ folder, tail, follow, accept, clock, signal })) {
    const parsed = parseLogLine(line);
    await output.event({ event: 'log', data: parsed, text: formatLogLine(parsed, output.colours) });
    shown += 1;
  }
  signal.throwIfAborted();
  return shown;
}
