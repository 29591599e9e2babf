/**
 * Stands in for the program as the stack's process: the real process management around servers that only
 * answer /readyz. STAND_IN chooses how it behaves.
 */
import { createServer } from 'node:http';
import { CecochatError } from '../../services/core/errors.ts';
import { systemRandom } from '../../services/core/random.ts';
import { systemClock } from '../../services/core/time/clock.ts';
import type { CommandModule } from '../commands/command.ts';
import { integerOption, stackOption } from '../commands/options.ts';
import { interruptSignal } from '../interrupt.ts';
import { main } from '../main.ts';
import { parentChannel } from '../stack/process/parent-channel.ts';
import { runStackProcess, type HostedServers, type HostRequest } from '../stack/process/stack-process.ts';

const behaviour = process.env['STAND_IN'] ?? 'ready';

const serviceCommand: CommandModule = {
  define(command, run) {
    command
      .command('run')
      .option('--all')
      .option('--keep')
      .addOption(stackOption())
      .option('--port-base <port>', '', integerOption())
      .action((options: { name: string; portBase?: number; keep?: true }) =>
        run(async ({ environment }) => {
          const { name, portBase } = options;
          const keep = options.keep === true;
          await runStackProcess({
            environment,
            name,
            portBase,
            keep,
            awaitEngines: false,
            logLevel: 'info',
            startServers,
          });
          return { data: {} };
        }),
      );
  },
};

async function startServers({ ports, host, writeLog }: HostRequest): Promise<HostedServers> {
  const line = (message: string): void => {
    const level = message.includes('warning') ? 'warn' : 'info';
    writeLog(`${JSON.stringify({ level, time: '2026-01-02T03:04:05.678Z', server: 'profile', msg: message })}\n`);
  };
  line('a line of the log');
  line('a warning in the log');
  if (behaviour === 'fails') {
    throw new CecochatError('data.damaged', 'the data folder is damaged', {
      hint: 'restore it',
      cause: new Error('bad magic number'),
    });
  }
  if (behaviour === 'crashes') {
    process.stderr.write('the roof is on fire\n');
    process.kill(process.pid, 'SIGKILL');
  }
  const server = createServer((request, response) => {
    const sick = behaviour === 'never' || (behaviour === 'sick' && request.url === '/readyz');
    response.writeHead(sick ? 503 : 200).end(sick ? JSON.stringify({ reasons: ['it is tired'] }) : '{}');
  });
  await new Promise<void>((resolve) => server.listen(ports['profile.http'], host, resolve));
  if (behaviour === 'deaf') {
    process.removeAllListeners('SIGTERM').on('SIGTERM', () => line('not now'));
  }
  const isEndless = behaviour === 'never' || behaviour === 'mortal';
  if (behaviour === 'mortal') {
    // As when it did not stop in time: killed, with no chance to write anything.
    process.removeAllListeners('SIGTERM').on('SIGTERM', () => process.kill(process.pid, 'SIGKILL'));
  }
  const httpAddress = `http://${host}:${ports['profile.http']}`;
  return {
    servers: [{ name: 'profile', serverId: 'profile', httpAddress, grpcAddress: null }],
    listening: () => Promise.resolve(),
    ready: (signal) =>
      isEndless
        ? new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          )
        : Promise.resolve(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

process.exitCode = await main(
  {
    argv: process.argv.slice(2),
    program: [process.execPath],
    parent: process.send === undefined ? undefined : parentChannel(process),
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    clock: systemClock,
    random: systemRandom,
    signal: interruptSignal(process),
  },
  [{ name: 'service', summary: '', group: 'other', load: () => Promise.resolve(serviceCommand) }],
);
