/**
 * `service run`: servers in the foreground, for process supervisors; `up` starts the stack's process with it.
 */
import { Option } from 'commander';
import { CecochatError } from '../../services/core/errors.ts';
import { logLevels, type LogLevel } from '../output/log-line.ts';
import { runStackProcess } from '../stack/process/stack-process.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, integerOption, stackOption } from './options.ts';

const serverNames = ['profile', 'connect', 'messaging', 'materialize', 'history', 'configurator'] as const;

interface ServiceOptions {
  readonly name: string;
  readonly all?: true;
  readonly keep?: true;
  readonly portBase?: number;
  readonly logLevel: LogLevel;
}

export const serviceCommand: CommandModule = {
  define(command, run) {
    command.description('Run servers in the foreground.');
    const child = command
      .command('run')
      .argument('[server]', `which one: ${serverNames.join(', ')}`)
      .description('Run one server, or all of them in one process with --all, until SIGTERM or Ctrl-C.')
      .option('--all', 'all servers in one process, on the embedded engines')
      .addOption(stackOption())
      .option(
        '--port-base <port>',
        'first port of its block; 0: any free ports',
        integerOption({ min: 0, max: 65_000 }),
      )
      .addOption(new Option('--log-level <level>', 'least level logged').choices(logLevels).default('info'))
      .addOption(new Option('--keep').hideHelp())
      .action((server: string | undefined, options: ServiceOptions) =>
        run((invocation) =>
          options.all === true && server === undefined ? runAll(invocation, options) : refuseOne(server, options),
        ),
      );
    addExamples(child, [['cecochat service run --all', 'the stack "default" in the foreground, without a dashboard']]);
  },
};

async function runAll({ environment }: Invocation, options: ServiceOptions): Promise<CommandResult> {
  const { startEmbedded } = await import('../stack/embedded/start-embedded.ts');
  const { name, logLevel, portBase } = options;
  const keep = options.keep === true;
  const startServers = startEmbedded(environment);
  const state = await runStackProcess({ environment, name, logLevel, portBase, keep, startServers });
  return { data: { name, pid: state.pid, servers: state.servers }, text: `stack "${name}" stopped` };
}

function refuseOne(server: string | undefined, { all }: ServiceOptions): Promise<CommandResult> {
  if (server === undefined) {
    throw new CecochatError('usage.invalid', 'missing argument: which server to run', {
      hint: 'cecochat service run --all',
    });
  }
  if (all === true) {
    throw new CecochatError('usage.invalid', `give either --all or the server "${server}", not both`);
  }
  if (!serverNames.some((name) => name === server)) {
    throw new CecochatError('usage.invalid', `argument server: "${server}" is none of ${serverNames.join(', ')}`);
  }
  throw new CecochatError(
    'engine.unavailable',
    `server "${server}" cannot run alone on the embedded engines: one process holds the data folder for all servers`,
    { hint: 'cecochat service run --all (servers run one by one when external engines can be used)' },
  );
}
