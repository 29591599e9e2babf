/**
 * A process that brings the schema of a test up to date. Arguments: contact points, keyspace.
 */
import { systemClock } from '../core/time/clock.ts';
import { openCassandraHistoryDb } from '../history-db/cassandra/cassandra-history-db.ts';
import { openCassandraUserDb } from '../user-db/cassandra/cassandra-user-db.ts';
import { keyspaceFixture } from './cassandra.fixture.ts';
import { openCassandra } from './open-cassandra.ts';

const [contactPoints = '', keyspace = ''] = process.argv.slice(2);
await using session = await openCassandra({ ...keyspaceFixture(contactPoints).options, keyspace });
await Promise.all([openCassandraHistoryDb({ session }), openCassandraUserDb({ session, clock: systemClock })]);
