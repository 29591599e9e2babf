/**
 * What `bench messages` on external engines says: a table for people, the same figures as data.
 */
import { CecochatError } from '../../../../services/core/errors.ts';
import { formatTable } from '../../../output/table.ts';
import { formatCount } from '../../../output/units.ts';
import type { CommandResult } from '../../command.ts';
import type { Latencies } from '../load-summary.ts';
import type { MessagesOptions } from '../messages-options.ts';
import { cores, faultOf, optionsData, ratiosOf } from '../messages-text.ts';
import type { ExternalFigures, Phase } from './measure-external.ts';

export function presentExternal(options: MessagesOptions, figures: ExternalFigures): CommandResult {
  const { rate, latency, saturation, fsync } = figures;
  const phases = [latency, ...(saturation === undefined ? [] : [saturation])];
  const text = [
    `external engines, ${options.dialogs} dialogs, text of ${options.size} bytes, ${options.duration / 1000} s after ${options.warmUp / 1000} s of warm-up`,
    `open loop, ${formatCount(rate)} messages/s, from the intended send, in ms:`,
    latencyTable(latency),
    ...(saturation === undefined ? [] : saturationText(saturation, options)),
    `disk: fdatasync of 4 KiB p50 ${fsync.p50Ms.toFixed(2)} ms, p99 ${fsync.p99Ms.toFixed(2)} ms`,
  ].join('\n');
  const fault = phases.map(({ chat, floor }) => faultOf(chat) ?? floor?.faults[0]).find((one) => one !== undefined);
  return {
    data: {
      backends: 'external',
      mode: 'open',
      ...optionsData(options),
      rate,
      ...phaseData(latency),
      ratios: latency.floor === undefined ? null : ratiosOf(latency.chat.delivery, latency.floor.delivery),
      saturation: saturation === undefined ? null : { inFlight: options.inFlight, ...phaseData(saturation) },
      fsync,
      misplaced: phases.reduce((sum, { chat }) => sum + chat.misplaced, 0),
      faults: phases.flatMap(({ chat, floor }) => [...chat.faults, ...(floor?.faults ?? [])]),
    },
    text,
    ...(fault === undefined ? {} : { failure: new CecochatError('stack.unhealthy', fault) }),
  };
}

function latencyTable({ chat, floor }: Phase): string {
  const row = (name: string, { p50, p90, p99, p999, max }: Latencies): string[] => [
    `  ${name}`,
    ...[p50, p90, p99, p999, max].map((ms) => ms.toFixed(ms < 10 ? 2 : 1)),
  ];
  const rows = [
    ['', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    row('delivered', chat.delivery),
    row('acknowledged (acks all)', chat.acknowledgement),
  ];
  if (floor !== undefined) {
    const ratios = ratiosOf(chat.delivery, floor.delivery);
    rows.push(row('floor: bare kafkajs, produced (acks all) to consumed', floor.delivery));
    rows.push(['  delivered / floor', ...[ratios.p50, ratios.p90, ratios.p99].map((ratio) => `${ratio.toFixed(2)}x`)]);
  }
  return formatTable(rows);
}

function saturationText({ chat, appends, floor }: Phase, options: MessagesOptions): string[] {
  const { records, partitions, bytes } = shapeOf(appends);
  const batches = `${records.toFixed(1)} records of ${bytes} bytes in ${partitions.toFixed(1)} partitions`;
  return [
    `saturation, ${options.inFlight} messages in flight in each dialog:`,
    formatTable([
      ['  messages', `${formatCount(chat.perSecond)}/s acknowledged and delivered, two records each`],
      ...(floor === undefined
        ? []
        : [
            ['  floor', `${formatCount(floor.perSecond)} records/s by a bare kafkajs producer in the same batches`],
            ['  of the floor', shareOf(chat.perSecond, floor.perSecond)],
          ]),
      ['  a request', `${batches}`],
      ['  CPU', `servers ${cores(chat.serverCpuMs, options)}, clients ${cores(chat.cpuMs, options)}`],
    ]),
  ];
}

/** A message stands in the log twice before it is delivered. */
const recordsPerMessage = 2;

function shareOf(messages: number, records: number): string {
  const percent = (count: number): string => `${((count / records) * 100).toFixed(0)} %`;
  return `${percent(messages * recordsPerMessage)} of its records, ${percent(messages)} when a message counts once`;
}

function phaseData({ chat, appends, floor }: Phase) {
  const { records, partitions, bytes } = shapeOf(appends);
  return {
    messagesPerSecond: chat.perSecond,
    messages: chat.completed,
    delivered: chat.delivery,
    acknowledged: chat.acknowledgement,
    appends: { recordsPerRequest: records, partitionsPerRequest: partitions, bytesPerRecord: bytes },
    floor: floor === undefined ? null : { messagesPerSecond: floor.perSecond, latency: floor.delivery },
    ratioToFloor: floor === undefined ? null : chat.perSecond / floor.perSecond,
    serverCpuMs: chat.serverCpuMs ?? null,
    clientCpuMs: chat.cpuMs,
  };
}

function shapeOf({ requests, batches, records, bytes }: Phase['appends']) {
  const one = (value: number): number => Math.round(value * 10) / 10;
  return { records: one(records / requests), partitions: one(batches / requests), bytes: Math.round(bytes / records) };
}
