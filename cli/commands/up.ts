/**
 * `up`: from nothing to a running chat. A second one finds it running, or repairs what died.
 */
import { Option } from 'commander';
import { CecochatError } from '../../services/core/errors.ts';
import { formatLogLine, parseLogLine } from '../output/log-line.ts';
import { formatDuration } from '../output/units.ts';
import { demoUsers } from '../stack/demo-users.ts';
import { chooseEngines, type EngineChoice, type EngineOptions } from '../stack/engine-choice.ts';
import type { DockerStackRequest } from '../stack/docker/docker-stack.ts';
import { pagesAt, profiles, type StackPage } from '../stack/docker/provision/published-ports.ts';
import { stackFolders } from '../stack/folders.ts';
import type { Provision } from '../stack/provision.ts';
import { mostMessaging, usualMessaging } from '../stack/ports.ts';
import type { ServerHosting } from '../stack/stack-files.ts';
import { readEngines } from '../stack/state.ts';
import { startStack, type StartedStack } from '../stack/stack-life.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, durationOption, integerOption, stackOption } from './options.ts';
import { nameArgument, serverTable } from './stack-text.ts';
import { ignoredPortBase } from './up-ignored.ts';
import { showProgress, type UpProgress } from './up-progress/show-progress.ts';

export interface UpOptions extends EngineOptions {
  readonly name: string;
  readonly foreground?: true;
  readonly plain?: true;
  readonly timeout?: number;
  readonly keep?: true;
  readonly portBase?: number;
  readonly profile?: readonly string[];
  readonly servers?: ServerHosting;
  readonly messaging?: number;
}

const limitMs = 30_000;
/** Images may have to be fetched. */
const dockerLimitMs = 600_000;

export const upCommand: CommandModule = {
  define(command, run) {
    command
      .description(
        'Start a stack: seeds configuration and demo users, starts the servers, waits until they are ready, and returns; the stack goes on in a process of its own. When it runs already, nothing changes; when it died, it is started again. When it fails, without --keep, or is interrupted, nothing of it goes on running; only a stack in Docker that was ready goes on when spreading it over --messaging servers is interrupted.',
      )
      .addOption(stackOption())
      .addOption(
        new Option('--backends <kind>', 'engines below the servers')
          .choices(['auto', 'embedded', 'docker', 'external'])
          .default('auto'),
      )
      .option('--kafka <brokers>', 'with external: some Kafka brokers, host:port separated by commas')
      .option('--cassandra <nodes>', 'with external: some Cassandra nodes, host:port separated by commas')
      .option('--redis <url>', 'with external: redis://host:port, rediss://, redis+sentinel://, redis+cluster://')
      .option('--docker-host <url>', 'with docker: its engine, like unix:///var/run/docker.sock')
      .addOption(new Option('--profile <names...>', 'with docker: what else to start as containers').choices(profiles))
      .addOption(
        new Option('--servers <how>', 'with docker: how the servers run (default: as before, else processes)').choices([
          'processes',
          'containers',
        ]),
      )
      .option('--foreground', 'stay, show a dashboard, and stop the stack at q or Ctrl-C')
      .option('--plain', 'with --foreground: lines of the log, also on a terminal')
      .option(
        '--messaging <count>',
        `how many messaging servers share the partitions (default: as before, else ${usualMessaging})`,
        integerOption({ min: 1, max: mostMessaging }),
      )
      .option(
        '--timeout <duration>',
        'how long it may take (default: 30s, with docker 10m)',
        durationOption({ min: 1 }),
      )
      .option('--keep', 'when not everything gets ready, leave it running to be looked at')
      .option(
        '--port-base <port>',
        'first port of its block; 0: any free ports; a stack that runs keeps its ports',
        integerOption({ min: 0, max: 65_000 }),
      )
      .action((options: UpOptions) => run((invocation) => bringUp(invocation, options)));
    addExamples(command, [
      ['cecochat up', 'start the stack "default"'],
      ['cecochat up --name second', 'another one beside it, with ports of its own'],
      ['cecochat up --backends docker', 'Kafka, Cassandra and Redis as containers'],
      ['cecochat up --backends docker --profile observability --profile tools', 'with Jaeger, Grafana, Kibana ...'],
      ['cecochat up --servers containers', 'the servers too, from an image that is built here'],
      [
        'cecochat up --backends external --kafka k1:9092 --cassandra c1:9042 --redis redis://r1:6379',
        'on real engines; a later up finds them again',
      ],
      ['cecochat up --messaging 4', 'with four messaging servers, as with "cecochat scale messaging=4" later'],
      ['cecochat up --foreground', 'watch its servers, figures and log; q stops it'],
    ]);
  },
};

export async function bringUp(invocation: Invocation, options: UpOptions): Promise<CommandResult> {
  const { environment, output } = invocation;
  const { clock } = environment;
  const { name } = options;
  if (options.plain === true && options.foreground !== true) {
    throw new CecochatError('usage.invalid', 'option --plain says how --foreground shows the log', {
      hint: 'cecochat up --foreground --plain',
    });
  }
  const beganMs = clock.monotonicMs();
  const folders = stackFolders(environment, name);
  const engines = await chooseEngines(environment, folders, options);
  output.progress(`stack "${name}": ${engines.backends} engines, ${engines.reason}`);
  const { profile: asked = [] } = options;
  refuseProfiles(asked, engines);
  const servers = hostingOf(options, engines);
  const { portBase, messaging } = options;
  const keep = options.keep === true;
  const { docker, backends, settings } = engines;
  const timeoutMs = options.timeout ?? (docker === undefined ? limitMs : dockerLimitMs);
  const progress = showProgress(invocation, { hasLines: docker !== undefined });
  const { report } = progress;
  const stack = await sayingLog(invocation, progress, async () => {
    const how =
      docker === undefined
        ? { engines: settings }
        : { provision: await onDocker(invocation, { name, docker, keep, profiles: asked, report }) };
    return startStack(invocation, { name, timeoutMs, portBase, keep, backends, messaging, servers, report, ...how });
  });
  const ignored = ignoredPortBase(stack, portBase);
  if (ignored !== undefined) output.warn(ignored);
  const pages = pagesAt((await readEngines(folders))?.docker?.ports ?? {});
  const data = upData(invocation, stack, { engines, pages, tookMs: Math.round(clock.monotonicMs() - beganMs) });
  const text = upText(invocation, stack, data);
  if (options.foreground !== true) {
    return { data, text };
  }
  await output.event({ event: 'ready', data, text });
  const { followStack } = await import('./follow-stack.ts');
  return followStack(invocation, stack, { plain: options.plain === true || !hasScreen(invocation) });
}

function hasScreen({ environment, output }: Invocation): boolean {
  const { stdin, stdout, host, env } = environment;
  const onTerminal = stdin.isTTY === true && stdout.isTTY === true && host !== undefined;
  return onTerminal && env['TERM'] !== 'dumb' && !output.json;
}

function hostingOf({ servers, foreground }: UpOptions, { docker, backends, reason }: EngineChoice): ServerHosting {
  const chosen = servers ?? docker?.before?.servers ?? 'processes';
  if (chosen === 'containers' && docker === undefined) {
    throw new CecochatError(
      'usage.invalid',
      `option --servers containers needs a Docker engine; this stack is on ${backends} engines, ${reason}`,
      { hint: 'cecochat up --name OTHER --backends docker --servers containers; data does not move' },
    );
  }
  if (chosen === 'containers' && foreground === true) {
    throw new CecochatError('usage.invalid', 'option --foreground is for servers that are processes', {
      hint: 'cecochat up, then cecochat logs --follow',
    });
  }
  return chosen;
}

function refuseProfiles([first]: readonly string[], { docker, backends, reason }: EngineChoice): void {
  if (first === undefined || docker !== undefined) return;
  throw new CecochatError(
    'usage.invalid',
    `option --profile ${first} needs a Docker engine; this stack is on ${backends} engines, ${reason}`,
    { hint: 'cecochat up --name OTHER --backends docker --profile …; data does not move' },
  );
}

async function onDocker(invocation: Invocation, request: DockerStackRequest): Promise<Provision> {
  const { provisionDocker } = await import('../stack/docker/docker-stack.ts');
  return provisionDocker(invocation, request);
}

/** The last lines of the log before the error itself. */
async function sayingLog(
  { output }: Invocation,
  progress: UpProgress,
  work: () => Promise<StartedStack>,
): Promise<StartedStack> {
  try {
    const stack = await work();
    progress.end();
    return stack;
  } catch (thrown) {
    const error = withMissing(thrown, progress.unfinished());
    progress.end(error);
    const log = error instanceof CecochatError ? (error.data['log'] ?? '') : '';
    if (log !== '') {
      const lines = log.split('\n').map((line) => `  | ${formatLogLine(parseLogLine(line), output.colours)}`);
      output.progress(`last lines of the log:\n${lines.join('\n')}`);
    }
    throw error;
  }
}

/** Where nobody else said what was not ready in time. */
function withMissing(error: unknown, missing: string): unknown {
  const isBare = error instanceof CecochatError && error.code === 'timed.out' && error.cause === undefined;
  if (!isBare || missing === '') return error;
  const { code, message, hint, data } = error;
  return new CecochatError(code, message, { ...(hint === undefined ? {} : { hint }), data, cause: new Error(missing) });
}

interface UpData {
  readonly name: string;
  readonly alreadyRunning: boolean;
  readonly tookMs: number;
  readonly pages: readonly StackPage[];
}

function upData(
  { environment }: Invocation,
  stack: StartedStack,
  { engines, pages, tookMs }: { engines: EngineChoice; pages: readonly StackPage[]; tookMs: number },
): UpData {
  const { name, pid, alreadyRunning, readyAfterMs, servers, profileUrl, connectUrl, configuratorUrl } = stack;
  const folder = stackFolders(environment, name).root;
  const urls = { profileUrl, connectUrl, configuratorUrl };
  const about = {
    name,
    folder,
    pid: stack.hosting === undefined ? pid : null,
    alreadyRunning,
    backends: engines.backends,
    backendsReason: engines.reason,
    tookMs,
    readyAfterMs,
  };
  return Object.assign(about, { servers, ...urls, pages, demoUsers });
}

function upText({ environment, output }: Invocation, stack: StartedStack, { tookMs, pages }: UpData): string {
  const { colours } = output;
  const { name, pid } = stack;
  const argument = nameArgument(name);
  const folder = stackFolders(environment, name).root;
  const where = stack.hosting === undefined ? `pid ${pid}` : 'in containers';
  const isRepaired = stack.isRepaired === true;
  const title =
    stack.alreadyRunning && !isRepaired
      ? `stack "${name}" is already running (${where})`
      : `stack "${name}" is ready ${isRepaired ? 'again ' : ''}after ${formatDuration(tookMs)} (${where})`;
  return [
    colours.bold(title),
    '',
    serverTable(
      output,
      stack.servers.map((server) => ({ server, state: 'ready', reasons: [] })),
    ),
    '',
    `demo users  ${demoUsers.map((user) => user.name).join(', ')} (passwords in ${folder}/secrets.json)`,
    `API pages   ${stack.profileUrl}/docs`,
    ...pageLines(pages),
    `data, logs  ${folder}`,
    '',
    'next:',
    `  cecochat listen${argument} --as alice`,
    `  cecochat send${argument} --as bob --to alice "hello"`,
    `  cecochat status${argument}`,
    `  cecochat down${argument}`,
  ].join('\n');
}

/** Under "web pages", as the lines above them. */
function pageLines(pages: readonly StackPage[]): string[] {
  const width = Math.max(0, ...pages.map(({ part }) => part.length));
  return pages.map(
    ({ part, url }, index) => `${index === 0 ? 'web pages ' : '          '}  ${part.padEnd(width)}  ${url}`,
  );
}
