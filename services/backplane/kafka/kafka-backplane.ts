/**
 * The backplane on Kafka: one topic, a leader for each partition, appends with `acks -1` to
 * `min.insync.replicas`. Built on kafkajs's connections and codecs (decision 0004).
 */
import { openInScope, type Scope } from '../../core/lifecycle.ts';
import { CecochatError } from '../../core/errors.ts';
import type { Backplane } from '../backplane.ts';
import { createAppends } from './appends.ts';
import { createCluster } from './cluster.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createGroups } from './groups.ts';
import type { KafkaBackplaneOptions } from './kafka-options.ts';
import { createProtections } from './protections.ts';
import { createReads } from './reads.ts';
import { createRetention } from './retention.ts';
import { createTails } from './tails.ts';
import { deadLettersTopic, prepareTopics, protectionsTopic } from './topic.ts';

export interface KafkaBackplane extends Backplane {
  /** One pass of retention over what this process protects; also runs by itself. */
  retain(): Promise<void>;
}

/** Errors: data.damaged (another partition count), config.refused, settings.invalid, engine.unavailable. */
export function openKafkaBackplane(options: KafkaBackplaneOptions): Promise<KafkaBackplane> {
  return openInScope((scope) => build(options, scope));
}

async function build(options: KafkaBackplaneOptions, scope: Scope): Promise<KafkaBackplane> {
  const { topic, partitionCount, clock } = options;
  const cluster = scope.use(createCluster(options, [topic, protectionsTopic(topic), deadLettersTopic(topic)]));
  await prepareTopics(cluster, options);
  const timeoutMs = options.appendTimeoutMs ?? 10_000;
  const appends = scope.use(createAppends({ cluster, topic, clock, timeoutMs }));
  const reads = createReads(cluster, topic, clock);
  const tails = scope.use(createTails({ cluster, reads, topic, clock }));
  const groups = scope.use(createGroups({ ...options, cluster, tails }));
  const compacted = (name: string) => ({
    appends: scope.use(createAppends({ cluster, topic: name, clock, timeoutMs })),
    reads: createReads(cluster, name, clock),
  });
  const protections = createProtections(compacted(protectionsTopic(topic)));
  const deadLetters = createDeadLetters(compacted(deadLettersTopic(topic)));
  const retention = scope.use(
    createRetention({
      ...options,
      cluster,
      reads,
      protections,
      retentionMs: options.retentionMs,
      everyMs: options.retentionEveryMs ?? 60_000,
    }),
  );

  const check = (partition: number): void => {
    if (Number.isInteger(partition) && partition >= 0 && partition < partitionCount) return;
    throw new RangeError(`partition ${partition} is not one of ${partitionCount}`);
  };

  return {
    partitionCount,
    durability: `written by at least ${options.minInsyncReplicas} of ${options.replicationFactor} Kafka brokers before the answer (acks -1, no unclean election): survives kill -9 of any broker within these settings`,
    async append(partition, values) {
      check(partition);
      if (values.length === 0) return { partition, baseOffset: (await reads.bounds(partition)).end };
      return appends.append(
        partition,
        values.map((value) => ({ value: bufferOf(value) })),
      );
    },
    appended: () => appends.counts(),
    async bounds(partition) {
      check(partition);
      return reads.bounds(partition);
    },
    async read(partition, from, limits) {
      check(partition);
      return (await reads.read(partition, from, limits)).records;
    },
    async active(partitions, withinMs) {
      partitions.forEach(check);
      if (partitions.length === 0) return [];
      const firsts = await reads.offsets(partitions, clock.nowMs() - withinMs);
      return partitions.filter((partition) => (firsts.get(partition) ?? -1) >= 0);
    },
    openTail: (handler) => tails.open(handler),
    openGroup: (group, handler) => groups.join(group, handler),
    async protect(holder, partition, from) {
      check(partition);
      if (holder.includes('\0')) throw new CecochatError('request.invalid', 'a holder has no zero byte in its name');
      await protections.protect(holder, partition, from);
    },
    deadLetters,
    retain: () => retention.pass(),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function bufferOf(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
