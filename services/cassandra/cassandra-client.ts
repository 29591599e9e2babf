/**
 * The driver's client on the keyspace, which is made first when it is missing. A node that is starting is waited
 * for. Errors: engine.unavailable, settings.invalid.
 */
import { auth, Client, errors, policies, types } from 'cassandra-driver';
import { CecochatError } from '../core/errors.ts';
import { createAttempts, StatementRefused } from './attempts.ts';
import { nativePort, type CassandraOptions } from './cassandra-options.ts';
import { mendControlConnection } from './control-connection.ts';
import { faultOf, reasonOf } from './driver-errors.ts';
import { createKeyspace } from './keyspace.ts';
import { oneNodeProfile, onlyOn } from './one-node.ts';
import { createSilentNodes } from './silent-nodes.ts';

export interface OpenClient {
  readonly client: Client;
  /** Leaves no connection open, which the driver's own shutdown may. */
  readonly close: () => Promise<void>;
}

/** `closed`: of whoever closes the client. */
export async function openClient(options: CassandraOptions, closed: AbortSignal): Promise<OpenClient> {
  const { keyspace, clock, giveUpMs = 8_000 } = options;
  const attempts = createAttempts({ clock, giveUpMs, where: options.contactPoints.join(', '), closed });
  try {
    return await attempts.run(async () => {
      try {
        return await connected(options, { keyspace, closed });
      } catch (error) {
        if (!(error instanceof errors.ResponseError) || error.code !== types.responseErrorCodes.invalid) throw error;
      }
      const bare = await connected(options, { closed });
      try {
        await createKeyspace(bare.client, options);
      } finally {
        await bare.close();
      }
      return connected(options, { keyspace, closed });
    });
  } catch (error) {
    if (error instanceof CecochatError && faultOf(error.cause) !== 'denied') throw error;
    const cause = error instanceof CecochatError || error instanceof StatementRefused ? error.cause : error;
    throw new CecochatError('settings.invalid', `Cassandra refuses to be used: ${reasonOf(cause)}`, { cause });
  }
}

async function connected(
  options: CassandraOptions,
  more: { readonly keyspace?: string; readonly closed: AbortSignal },
): Promise<OpenClient> {
  const { username, password, tls } = options;
  const { closed, ...keyspace } = more;
  const silent = createSilentNodes({
    ...options,
    closed,
    async probe(host) {
      const { info } = await client.execute('SELECT key FROM system.local', [], onlyOn(host));
      if (info.queriedHost !== host.address) throw new Error(`${host.address} is not connected`);
    },
  });
  const client = new Client({
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    ...keyspace,
    ...(username === undefined || password === undefined
      ? {}
      : { authProvider: new auth.PlainTextAuthProvider(username, password) }),
    ...(tls === undefined ? {} : { sslOptions: { rejectUnauthorized: true, ...tls } }),
    // Nodes tell each other's addresses, not their ports.
    protocolOptions: { port: nativePort(options.contactPoints) },
    encoding: { useBigIntAsLong: true, map: Map },
    queryOptions: {
      consistency: types.consistencies.localQuorum,
      serialConsistency: types.consistencies.serial,
    },
    policies: {
      loadBalancing: silent.policy,
      // Tries are counted in one place: attempts.ts.
      retry: new policies.retry.FallthroughRetryPolicy(),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(250, 3_000, true),
    },
    profiles: [oneNodeProfile()],
    requestTracker: silent.tracker,
    socketOptions: { readTimeout: options.answerMs ?? 3_000, connectTimeout: 3_000, defunctReadTimeoutThreshold: 256 },
    pooling: { warmup: true },
    isMetadataSyncEnabled: true,
  });
  const closeRest = mendControlConnection(client);
  const close = async (): Promise<void> => {
    await client.shutdown();
    await closeRest();
  };
  try {
    await client.connect();
    return { client, close };
  } catch (error) {
    await close();
    if (error instanceof errors.ArgumentError) throw new StatementRefused(error.message, error);
    throw error;
  }
}
