import { expect, test } from 'vitest';
import { systemClock } from '../core/time/clock.ts';
import { checkCassandraOptions, nativePort, type CassandraOptions } from './cassandra-options.ts';

const options: CassandraOptions = {
  contactPoints: ['127.0.0.1'],
  localDataCenter: 'dc1',
  keyspace: 'cecochat',
  replication: { strategy: 'SimpleStrategy', replicas: 1 },
  clock: systemClock,
  log: { info: () => undefined, warn: () => undefined },
};

test.each([
  [['10.0.0.1:9142', '10.0.0.2:9142'], 9142],
  [['cassandra'], 9042],
  [['[::1]:9043'], 9043],
  [['::1', '10.0.0.1:9042'], 9042],
])('the nodes of %j listen on %d', (contactPoints, port) => {
  checkCassandraOptions({ ...options, contactPoints });
  expect(nativePort(contactPoints)).toBe(port);
});

test('contact points with different ports are refused, naming the ports', () => {
  const check = (): void => checkCassandraOptions({ ...options, contactPoints: ['10.0.0.1', '10.0.0.2:9142'] });
  expect(check).toThrow(/different ports \(9042, 9142\)/);
});
