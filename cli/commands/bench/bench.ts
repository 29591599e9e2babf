/**
 * `cecochat bench`: options of the benchmarks; each is a module of its own.
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CommandModule, RunCommand } from '../command.ts';
import { addExamples, durationFlag, integerOption, numberOption, stackOption } from '../options.ts';
import { benchConnections, type ConnectionsOptions } from './connections.ts';
import { benchMessages } from './messages.ts';
import type { MessagesOptions } from './messages-options.ts';
import { runBenchWorker } from './worker.ts';

export const benchCommand: CommandModule = {
  define(command, run) {
    command.description('Measure the running stack, or one brought up for it. Clients are processes of their own.');
    defineMessages(command, run);
    defineConnections(command, run);
    command.command('worker', { hidden: true }).action(() =>
      run(async ({ environment }) => {
        await runBenchWorker(environment);
        return { data: {} };
      }),
    );
    addExamples(command, [
      ['cecochat bench messages', 'how many messages a second, beside the floor of the machine'],
      ['cecochat bench messages --rate 1000', 'latency at 1 000 messages a second'],
      [
        'cecochat bench messages --backends external --kafka k1:9092 --cassandra c1:9042 --redis redis://r1:6379',
        'both on real engines, beside bare kafkajs; what it makes there is removed',
      ],
      ['cecochat bench connections --connections 15000', 'memory of connections, and whether all get through'],
    ]);
  },
};

function defineMessages(command: Command, run: RunCommand): void {
  command
    .command('messages')
    .summary('throughput and latency, from send to the other client')
    .description(
      'Send between pairs of users: durable acknowledgement and delivery, beside a bare echo of the same bytes. On external engines: latency at --rate (default 1 000/s) beside a round trip of bare kafkajs, then saturation beside a bare producer with the same batches.',
    )
    .option('--dialogs <number>', 'pairs of users', integerOption({ min: 1, max: 5_000 }), 64)
    .option('--in-flight <number>', 'messages on their way in each dialog', integerOption({ min: 1, max: 4_000 }), 8)
    .option(
      '--rate <number>',
      'messages a second over all dialogs, whatever the answers (open loop; on external engines 1 000 first)',
      numberOption({ min: 1 }),
    )
    .option('--size <bytes>', 'bytes of text in a message', integerOption({ min: 1, max: 8_192 }), 100)
    .addOption(durationFlag('--duration <duration>', 'measured time', { min: 100, defaultMs: 10_000 }))
    .addOption(durationFlag('--warm-up <duration>', 'time before it that is not counted', { defaultMs: 10_000 }))
    .option('--processes <number>', 'client processes', integerOption({ min: 1, max: 64 }), 1)
    .option('--no-floor', 'leave the floor out')
    .addOption(
      new Option('--backends <kind>', 'engines of the stack; auto: of the running one')
        .choices(['auto', 'embedded', 'external'])
        .default('auto'),
    )
    .option('--kafka <brokers>', 'of a stack brought up on external engines, as for up')
    .option('--cassandra <nodes>', 'the same')
    .option('--redis <url>', 'the same; no other stack may run on it')
    .option('--throw-away', 'bring up a stack for this alone, also when one is running')
    .addOption(stackOption())
    .action((options: MessagesOptions) => run((invocation) => benchMessages(invocation, options)));
}

function defineConnections(command: Command, run: RunCommand): void {
  command
    .command('connections')
    .summary('many open streams in one server process')
    .description('Open many authenticated streams, then let each send a few messages to its neighbour.')
    .option(
      '--connections <number>',
      'streams, each on a connection of its own',
      integerOption({ min: 2, max: 60_000 }),
      15_000,
    )
    .option('--messages <number>', 'that each of them sends', integerOption({ min: 1, max: 1_000 }), 20)
    .addOption(durationFlag('--interval <duration>', 'between the messages of one', { min: 10, defaultMs: 1_000 }))
    .option('--size <bytes>', 'bytes of text in a message', integerOption({ min: 1, max: 8_192 }), 100)
    .option('--processes <number>', 'client processes', integerOption({ min: 1, max: 64 }), 4)
    .option('--throw-away', 'bring up a stack for this alone, also when one is running')
    .addOption(stackOption())
    .action((options: ConnectionsOptions) => run((invocation) => benchConnections(invocation, options)));
}
