/**
 * Removes what a stack of the benchmark's own leaves in Cassandra.
 */
import cassandra from 'cassandra-driver';
import { CecochatError } from '../../../../services/core/errors.ts';
import { messageFrom } from '../../../../services/core/thrown.ts';
import type { ExternalEngineOptions } from '../../../stack/servers/external-engines.ts';

/** Dropping takes a snapshot first, which takes a while. */
const dropMs = 60_000;

/** Error: engine.unavailable. */
export async function removeKeyspace(access: ExternalEngineOptions['cassandra']): Promise<void> {
  const { contactPoints, localDataCenter, keyspace, username, password, tls } = access;
  const client = new cassandra.Client({
    contactPoints: [...contactPoints],
    localDataCenter,
    ...(username === undefined || password === undefined
      ? {}
      : { authProvider: new cassandra.auth.PlainTextAuthProvider(username, password) }),
    ...(tls === undefined ? {} : { sslOptions: tls }),
  });
  try {
    await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`, [], { readTimeout: dropMs });
  } catch (cause) {
    const reason = messageFrom(cause);
    throw new CecochatError('engine.unavailable', `keyspace ${keyspace} cannot be dropped: ${reason}`, {
      cause,
      hint: `look whether Cassandra runs, then: DROP KEYSPACE ${keyspace}`,
    });
  } finally {
    await client.shutdown();
  }
}
