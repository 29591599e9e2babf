/**
 * The keyspace: made when it is missing, never altered. Says what an answered write survives there, and refuses
 * one replica whose commit log loses what was acknowledged.
 */
import type { Client, Host } from 'cassandra-driver';
import { CecochatError } from '../core/errors.ts';
import { replicationMap, type CassandraOptions } from './cassandra-options.ts';
import { onlyOn } from './one-node.ts';
import { mapIn, textIn, uuidIn } from './row-values.ts';

/** On a client without a keyspace. */
export async function createKeyspace(client: Client, options: CassandraOptions): Promise<void> {
  const pairs = Object.entries(replicationMap(options.replication)).map(([name, value]) => `'${name}': '${value}'`);
  await client.execute(`CREATE KEYSPACE IF NOT EXISTS ${options.keyspace} WITH replication = {${pairs.join(', ')}}`);
}

/** Returns the text for `durability`. Error: settings.invalid for one replica with commit log `periodic`. */
export async function checkDurability(client: Client, options: CassandraOptions): Promise<string> {
  const { keyspace, localDataCenter, log } = options;
  const found = await replicationOf(client, keyspace);
  const wanted = replicationMap(options.replication);
  if (!isSame(found, wanted)) {
    log.warn({ keyspace, found, wanted }, 'the keyspace exists with another replication, which stays as it is');
  }
  const replicas = Number(found['replication_factor'] ?? found[localDataCenter] ?? 0);
  const syncs = await commitLogSyncs(client, options);
  const lossy = [...syncs].filter(([, sync]) => sync === 'periodic').map(([host]) => host);
  if (replicas < 2 && lossy.length > 0) {
    const what = `${lossy.join(', ')} writes its commit log periodically and keyspace ${keyspace} has one replica: kill -9 loses up to 10 s of acknowledged writes, not always the newest`;
    if (options.allowPeriodicCommitLog !== true) {
      throw new CecochatError('settings.invalid', what, {
        hint: 'set commitlog_sync: group and commitlog_sync_group_window: 10ms in cassandra.yaml, or use three replicas',
        data: { keyspace },
      });
    }
    log.warn({ keyspace, nodes: lossy }, what);
    return 'in the memory of one Cassandra node (commit log periodic): kill -9 loses up to 10 s, a power cut too';
  }
  if (replicas < 2) {
    const known = syncs.size > 0 ? `commit log ${[...new Set(syncs.values())].join(', ')}` : 'commit log sync unknown';
    return `on the disk of one Cassandra node (${known}, before the answer): survives kill -9 and a power cut, not the loss of that disk`;
  }
  const quorum = Math.floor(replicas / 2) + 1;
  const disk = lossy.length > 0 ? 'in memory or on disk there' : 'on disk there';
  return `on ${quorum} of ${replicas} replicas in ${localDataCenter} (LOCAL_QUORUM; ${disk}): survives the loss of ${replicas - quorum} of them at a time`;
}

async function replicationOf(client: Client, keyspace: string): Promise<Readonly<Record<string, string>>> {
  const query = 'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?';
  const [row] = (await client.execute(query, [keyspace], { prepare: true })).rows;
  if (row === undefined) return {};
  const entries = [...mapIn(row, 'replication')].map(([name, value]) => [String(name), String(value)] as const);
  return Object.fromEntries(entries);
}

function isSame(found: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  const plain = (map: Readonly<Record<string, string>>): string =>
    JSON.stringify(
      Object.entries({ ...map, class: map['class']?.split('.').at(-1) }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  return plain(found) === plain(wanted);
}

/** The different ones among the nodes that are up: one when all agree. */
export async function schemaVersions(client: Client): Promise<ReadonlySet<string>> {
  const versions = new Set<string>();
  for (const host of hostsOf(client)) {
    const [row] = (await client.execute('SELECT schema_version FROM system.local', [], onlyOn(host))).rows;
    if (row !== undefined) versions.add(uuidIn(row, 'schema_version'));
  }
  return versions;
}

function hostsOf(client: Client): readonly Host[] {
  const hosts: Host[] = [];
  client.hosts.forEach((host) => hosts.push(host));
  return hosts.filter((host) => host.isUp());
}

/** By node, of those that answer; empty where settings cannot be read (before Cassandra 4, or not permitted). */
async function commitLogSyncs(client: Client, options: CassandraOptions): Promise<ReadonlyMap<string, string>> {
  const syncs = new Map<string, string>();
  for (const host of hostsOf(client).filter((each) => each.datacenter === options.localDataCenter)) {
    try {
      const query = "SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'";
      const [row] = (await client.execute(query, [], onlyOn(host))).rows;
      if (row !== undefined) syncs.set(host.address, textIn(row, 'value'));
    } catch (error) {
      options.log.warn({ node: host.address, err: error }, 'how this node writes its commit log is unknown');
    }
  }
  return syncs;
}
