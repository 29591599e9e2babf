/**
 * Which messaging server owns a user's partition, and where history is, by the dynamic configuration.
 * Errors: server.not_ready (nothing to answer from yet), partition.not_owned (no server has it now).
 */
import { serverOf, type DynamicConfig } from '../config-db/dynamic-config.ts';
import { CecochatError } from '../core/errors.ts';
import type { UserId } from '../core/ids.ts';
import { partitionOf } from '../core/partitioning.ts';

export interface Directions {
  readonly messagingAddress: string;
  readonly messagingServerId: string;
  readonly historyAddress: string;
  readonly partition: number;
  readonly serverTimeMs: number;
}

export function directionsFor(userId: UserId, config: DynamicConfig | undefined, nowMs: number): Directions {
  if (config === undefined) throw notReady('the dynamic configuration is not read yet');
  if (config.historyServerAddress === undefined) throw notReady('the configuration names no history server yet');
  const partition = partitionOf(userId, config.partitionCount);
  const data = { partition: String(partition) };
  const messagingServerId = serverOf(config, partition);
  if (messagingServerId === undefined) {
    throw new CecochatError('partition.not_owned', `no messaging server has partition ${partition} at the moment`, {
      hint: 'ask again in a second; an administrator gives partitions to servers: cecochat config get',
      data,
    });
  }
  const messagingAddress = config.serverAddresses.get(messagingServerId);
  if (messagingAddress === undefined) {
    throw new CecochatError(
      'partition.not_owned',
      `the address of messaging server ${messagingServerId} is not known`,
      {
        hint: 'ask again in a second; the server may not be up yet',
        data: { ...data, messagingServerId },
      },
    );
  }
  const historyAddress = config.historyServerAddress;
  return { messagingAddress, messagingServerId, historyAddress, partition, serverTimeMs: nowMs };
}

function notReady(reason: string): CecochatError {
  return new CecochatError('server.not_ready', `connect cannot answer yet: ${reason}`, {
    hint: 'ask again in a second',
  });
}
