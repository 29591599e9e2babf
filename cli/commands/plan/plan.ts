/**
 * `plan`: what a cell needs, from a handful of numbers.
 */
import { formatTable } from '../../output/table.ts';
import { formatBytes, formatCount } from '../../output/units.ts';
import type { CommandModule, CommandResult } from '../command.ts';
import { addExamples, durationFlag, integerOption, numberOption, sizeOption } from '../options.ts';
import { defaultCapacityInput, planCapacity, type Capacity, type CapacityInput } from './capacity.ts';

interface PlanOptions {
  readonly users: number;
  readonly messagesPerDay: number;
  readonly messageSize: number;
  readonly retention: number;
  readonly backplaneRetention: number;
  readonly peakHours: number;
  readonly peakShare: number;
  readonly connectionsPerServer: number;
  readonly replicas: number;
}

const dayMs = 86_400_000;

export const planCommand: CommandModule = {
  define(command, run) {
    const defaults = defaultCapacityInput;
    const retention = { min: 3_600_000, max: 36_500 * dayMs };
    command
      .description('Capacity of a cell, on the back of an envelope. It measures nothing: see `bench` for that.')
      .option('--users <count>', 'active users', integerOption({ min: 1, max: 10_000_000_000 }), defaults.users)
      .option(
        '--messages-per-day <count>',
        'sent by one user',
        numberOption({ min: 0, max: 1_000_000 }),
        defaults.messagesPerDay,
      )
      .option(
        '--message-size <size>',
        'one message on the wire and on disk',
        sizeOption({ min: 1, max: 1024 ** 2 }),
        defaults.messageBytes,
      )
      .addOption(
        durationFlag('--retention <duration>', 'how long history is kept', {
          ...retention,
          defaultMs: defaults.historyDays * dayMs,
        }),
      )
      .addOption(
        durationFlag('--backplane-retention <duration>', 'how long the backplane is kept', {
          ...retention,
          defaultMs: defaults.backplaneDays * dayMs,
        }),
      )
      .option('--peak-hours <hours>', 'busy hours of a day', numberOption({ min: 0.1, max: 24 }), defaults.peakHours)
      .option(
        '--peak-share <part>',
        'part of the messages sent in them',
        numberOption({ min: 0, max: 1 }),
        defaults.peakShare,
      )
      .option(
        '--connections-per-server <count>',
        'what one messaging server holds',
        integerOption({ min: 1, max: 1_000_000 }),
        defaults.connectionsPerServer,
      )
      .option('--replicas <count>', 'copies of everything stored', integerOption({ min: 1, max: 9 }), defaults.replicas)
      .action((options: PlanOptions) => run(() => Promise.resolve(plan(options))));
    addExamples(command, [
      ['cecochat plan', 'the cell of the design: 100 million users'],
      ['cecochat plan --users 10_000_000 --messages-per-day 40 --retention 90d', 'a smaller one'],
    ]);
  },
};

function plan(options: PlanOptions): CommandResult {
  const input: CapacityInput = {
    users: options.users,
    messagesPerDay: options.messagesPerDay,
    peakHours: options.peakHours,
    peakShare: options.peakShare,
    messageBytes: options.messageSize,
    historyDays: options.retention / dayMs,
    backplaneDays: options.backplaneRetention / dayMs,
    connectionsPerServer: options.connectionsPerServer,
    replicas: options.replicas,
  };
  const capacity = planCapacity(input);
  return { data: { input, capacity }, text: planText(input, capacity) };
}

function planText(input: CapacityInput, capacity: Capacity): string {
  const { peakHours, peakShare, replicas } = input;
  const rows = [
    [
      'messaging servers',
      formatCount(capacity.messagingServers),
      `${formatCount(input.connectionsPerServer)} connections each`,
    ],
    [
      'messages/s at peak',
      formatCount(capacity.peakMessagesPerSecond),
      `${Math.round(peakShare * 100)} % of the day's in ${peakHours} h`,
    ],
    ['  per server', formatCount(capacity.peakMessagesPerSecondPerServer), ''],
    [
      'messages/s on average',
      formatCount(capacity.meanMessagesPerSecond),
      `${formatCount(capacity.messagesPerDay)} a day`,
    ],
    [
      'from senders at peak',
      `${formatBytes(capacity.peakInBytesPerSecond)}/s`,
      `${formatBytes(input.messageBytes)} a message`,
    ],
    ['to receivers at peak', `${formatBytes(capacity.peakOutBytesPerSecond)}/s`, 'one client each'],
    [
      'backplane at peak',
      `${formatBytes(capacity.peakBackplaneBytesPerSecond)}/s`,
      `${formatCount(capacity.peakBackplaneRecordsPerSecond)} records/s, ${replicas} copies`,
    ],
    [
      'backplane storage',
      formatBytes(capacity.backplaneBytes),
      `${days(input.backplaneDays)}, 2 records a message, ${replicas} copies`,
    ],
    [
      'history storage',
      formatBytes(capacity.historyBytes),
      `${days(input.historyDays)}, 3 rows a message, ${replicas} copies`,
    ],
  ];
  return `${formatCount(input.users)} users, ${input.messagesPerDay} messages a day each\n\n${formatTable(rows)}`;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${Math.round(count * 100) / 100} days`;
}
