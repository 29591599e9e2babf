/**
 * `service run`: servers in the foreground, for process supervisors; `up` starts the stack's process with it.
 */
import { Option } from 'commander';
import { CecochatError } from '../../services/core/errors.ts';
import { logLevels, type LogLevel } from '../output/log-line.ts';
import { aborted } from '../stack/aborted.ts';
import { serverNames, type ServerName } from '../stack/server-names.ts';
import type { RunningServer } from '../../services/run.ts';
import type { StartOneRequest } from '../stack/servers/start-one.ts';
import { runStackProcess, type HostedServers, type HostRequest } from '../stack/process/stack-process.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import type { Environment } from './environment.ts';
import { addExamples, integerOption, stackOption } from './options.ts';
import { parseSettingFlags } from './setting-flags.ts';

interface ServiceOptions {
  readonly name: string;
  readonly all?: true;
  readonly keep?: true;
  readonly awaitEngines?: true;
  readonly supervised?: true;
  readonly portBase?: number;
  readonly logLevel: LogLevel;
}

export const serviceCommand: CommandModule = {
  define(command, run) {
    command.description('Run servers in the foreground.');
    const child = command
      .command('run')
      .argument('[server]', `which one: ${serverNames.join(', ')}`)
      .description('Run one server, or all of a stack with --all, until SIGTERM or Ctrl-C.')
      .option('--all', 'all servers of a stack: embedded engines in one process, on others one process each')
      .addOption(stackOption())
      .option(
        '--port-base <port>',
        'first port of its block; 0: any free ports',
        integerOption({ min: 0, max: 65_000 }),
      )
      .addOption(new Option('--log-level <level>', 'least level logged').choices(logLevels).default('info'))
      .addOption(new Option('--keep').hideHelp())
      .addOption(new Option('--await-engines').hideHelp())
      .addOption(new Option('--supervised').hideHelp())
      .allowUnknownOption()
      .allowExcessArguments()
      .action((_server: string | undefined, options: ServiceOptions) =>
        run((invocation) => {
          const what = chosen(child.args, options.all === true);
          const { logLevel } = options;
          return what === 'all'
            ? runAll(invocation, options)
            : options.supervised === true
              ? runSupervised(invocation, what.server, { logLevel, flags: what.flags })
              : runOne(invocation, what.server, { logLevel, flags: what.flags });
        }),
      );
    child.addHelpText(
      'after',
      '\nOne server takes its settings as options (--http-port 7100) or from the environment (CECOCHAT_PROFILE_HTTP_PORT);\n"cecochat config reference" lists them. On the embedded engines a server is alone with\nits data folder: a stack of separate processes needs --backend external with --kafka, --cassandra and --redis.',
    );
    addExamples(child, [
      ['cecochat service run --all', 'the stack "default" in the foreground, without a dashboard'],
      [
        'cecochat service run messaging --server-id s3 --backend external --kafka k1:9092 --redis redis://r1:6379 --cassandra c1:9042 --jwks-url http://p1:7100/.well-known/jwks.json',
        'one of several messaging servers',
      ],
      ['cecochat service run profile --data-folder /var/lib/cecochat --http-port 7100', 'one server alone'],
    ]);
  },
};

async function runAll({ environment }: Invocation, options: ServiceOptions): Promise<CommandResult> {
  const { name, logLevel, portBase } = options;
  const keep = options.keep === true;
  const state = await runStackProcess({
    environment,
    name,
    logLevel,
    portBase,
    keep,
    awaitEngines: options.awaitEngines === true,
    startServers: (request) => startServers(environment, request),
  });
  return { data: { name, pid: state.pid, servers: state.servers }, text: `stack "${name}" stopped` };
}

/** Embedded engines have one process; on others each server has its own. */
async function startServers(environment: Environment, request: HostRequest): Promise<HostedServers> {
  if (request.backends !== 'embedded') {
    const { superviseServers } = await import('../stack/supervisor/supervised-servers.ts');
    return superviseServers(environment)(request);
  }
  const servers = await import('../stack/servers/start-servers.ts');
  return servers.startServers(environment)(request);
}

/** One server of a stack whose supervisor is at the other end of the channel. */
async function runSupervised(
  { environment }: Invocation,
  server: ServerName,
  { logLevel, flags }: OneOptions,
): Promise<CommandResult> {
  const { serveSupervised } = await import('../stack/supervisor/serve-supervised.ts');
  const { serverId } = await serveSupervised({ environment, server, logLevel, flags, start: startOne });
  return { data: { name: serverId, pid: process.pid, servers: [] } };
}

/**
 * On its own: where a function has `await using`, TypeScript 6.0 emits dynamic imports with the .ts that they have
 * in the source.
 */
async function startOne(environment: Environment, request: StartOneRequest): Promise<RunningServer> {
  const { startServer } = await import('../stack/servers/start-one.ts');
  return startServer(environment, request);
}

/** Its log is its output: JSON lines on stdout, with --json on stderr. */
async function runOne(
  { environment, output }: Invocation,
  server: ServerName,
  options: OneOptions,
): Promise<CommandResult> {
  const { signal, stdout, stderr } = environment;
  const { logLevel, flags } = options;
  const writeLog = (text: string): void => void (output.json ? stderr : stdout).write(text);
  await using running = await startOne(environment, { server, flags, logLevel, writeLog });
  const { name, serverId, httpAddress, grpcAddress } = running;
  await aborted(signal);
  const described = { name, serverId, httpAddress, grpcAddress: grpcAddress ?? null };
  return { data: { name: serverId, pid: process.pid, servers: [described] } };
}

interface OneOptions {
  readonly logLevel: LogLevel;
  readonly flags: Readonly<Record<string, string>>;
}

/** What to run: all servers, or one of them with its settings. Anything else is wrong usage. */
function chosen(
  words: readonly string[],
  all: boolean,
): 'all' | { readonly server: ServerName; readonly flags: OneOptions['flags'] } {
  const server = words[0]?.startsWith('-') === true ? undefined : words[0];
  if (server === undefined && !all) {
    throw new CecochatError('usage.invalid', 'missing argument: which server to run', {
      hint: 'cecochat service run --all',
    });
  }
  if (all) {
    if (words[0] !== undefined) {
      throw new CecochatError('usage.invalid', `option --all takes no "${words[0]}"`, {
        hint: 'cecochat service run --help',
      });
    }
    return 'all';
  }
  const name = serverNames.find((known) => known === server);
  if (name === undefined) {
    throw new CecochatError('usage.invalid', `argument server: "${server}" is none of ${serverNames.join(', ')}`);
  }
  return { server: name, flags: parseSettingFlags(words.slice(1)) };
}
