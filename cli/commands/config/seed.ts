/**
 * Defaults for the keys of the dynamic configuration that are missing. Pure.
 */
import type { StackServer } from '../../stack/stack-files.ts';
import type { ConfigValue, ConfigValues } from './configurator.ts';

const defaultPartitionCount = 360;

export function missingValues(
  present: Readonly<Record<string, ConfigValue>>,
  servers: readonly StackServer[],
): ConfigValues {
  const messaging = servers.filter((server) => server.name === 'messaging');
  const history = servers.find((server) => server.name === 'history')?.grpcAddress;
  const count = Number(present['partitioning.partition-count'] ?? defaultPartitionCount);
  const wanted: Record<string, ConfigValue> = {
    'partitioning.partition-count': String(defaultPartitionCount),
    'partitioning.server-partitions': evenRanges(
      messaging.map((server) => server.serverId),
      count,
    ),
    'partitioning.server-addresses': Object.fromEntries(
      messaging.map((server) => [server.serverId, server.grpcAddress ?? '']),
    ),
    ...(history === undefined || history === null ? {} : { 'history.server-address': history }),
    'history.user.message-count': '64',
    'history.dialog.message-count': '32',
  };
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => present[key] === undefined));
}

/** Partitions 0 to count - 1 in ranges whose sizes differ by one at most. */
function evenRanges(serverIds: readonly string[], count: number): Record<string, string> {
  return Object.fromEntries(
    serverIds.map((serverId, index) => {
      const first = Math.floor((index * count) / serverIds.length);
      const last = Math.floor(((index + 1) * count) / serverIds.length) - 1;
      return [serverId, `${first}-${last}`];
    }),
  );
}
