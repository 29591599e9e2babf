/**
 * Says whose the partition is, so that the client need not ask.
 */
import { serverOf, type DynamicConfig } from '../config-db/dynamic-config.ts';
import { CecochatError } from '../core/errors.ts';

export function notOwnedError(given: {
  serverId: string;
  partition: number;
  config: DynamicConfig | undefined;
}): CecochatError {
  const { serverId, partition, config } = given;
  const ownerId = config === undefined ? undefined : serverOf(config, partition);
  const address = ownerId === undefined ? undefined : config?.serverAddresses.get(ownerId);
  const data: Record<string, string> = { partition: String(partition) };
  if (ownerId !== undefined) data['serverId'] = ownerId;
  if (address !== undefined) data['address'] = address;
  const whom = ownerId === undefined ? 'no server has it now' : `server ${ownerId} has it`;
  return new CecochatError('partition.not_owned', `server ${serverId} does not own partition ${partition}; ${whom}`, {
    hint: address === undefined ? 'ask connect again' : `connect to ${address}`,
    data,
  });
}
