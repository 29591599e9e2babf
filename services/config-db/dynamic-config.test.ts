import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConfigValue } from './config-db.ts';
import { diffConfig, seedValues } from './dynamic-config-seed.ts';
import { parseDynamicConfig, serverOf, type ParsedConfig } from './dynamic-config.ts';

const good: Readonly<Record<string, ConfigValue>> = {
  'partitioning.partition-count': '360',
  'partitioning.server-partitions': { s1: '0-179', s2: '180-359' },
  'partitioning.server-addresses': { s1: '127.0.0.1:7111', s2: '[::1]:7112' },
  'history.server-address': 'history.example:7110',
  'history.user.message-count': '64',
  'history.dialog.message-count': '32',
};

const parse = (change: Readonly<Record<string, ConfigValue>>): ParsedConfig =>
  parseDynamicConfig({ version: 1, values: new Map(Object.entries({ ...good, ...change })) });
const reasons = (parsed: ParsedConfig): readonly string[] =>
  'faults' in parsed ? parsed.faults.map(({ key, reason }) => `${key} ${reason}`) : [];

test('reads a good configuration', () => {
  const parsed = parse({});
  expect(parsed).toMatchObject({ warnings: [], config: { version: 1, partitionCount: 360, userMessageCount: 64 } });
  if ('faults' in parsed) throw new Error('unreachable');
  expect(serverOf(parsed.config, 179)).toBe('s1');
  expect(serverOf(parsed.config, 180)).toBe('s2');
});

test('takes the defaults for what is missing', () => {
  expect(parseDynamicConfig({ version: 0, values: new Map() })).toMatchObject({
    config: { partitionCount: 360, userMessageCount: 64, dialogMessageCount: 32, historyServerAddress: undefined },
  });
});

test.each<[string, string, ConfigValue, string]>([
  ['a count that is no number', 'partitioning.partition-count', 'many', 'is no whole number'],
  ['one partition', 'partitioning.partition-count', '1', 'is not between 2 and 10000'],
  ['too many partitions', 'partitioning.partition-count', '10001', 'is not between 2 and 10000'],
  ['a hash in place of a text', 'partitioning.partition-count', { a: '1' }, 'must be one text, not a hash'],
  ['a text in place of a hash', 'partitioning.server-partitions', '0-359', 'must be a hash: server id → value'],
  ['an address without a port', 'history.server-address', 'localhost', 'is no address of the form host:port'],
  ['a port out of range', 'history.server-address', 'localhost:70000', 'has a port that is not between 1 and 65535'],
  ['no messages', 'history.user.message-count', '0', 'is not between 1 and 1000'],
  ['too many messages', 'history.dialog.message-count', '1001', 'is not between 1 and 1000'],
  ['an unknown key', 'partitioning.partition-cuont', '360', 'is no key of cecochat'],
])('refuses %s', (...[, key, value, reason]) => {
  expect(reasons(parse({ [key]: value }))).toEqual([`${key} ${reason}`]);
});

test.each([
  ['an overlap', { s1: '0-200', s2: '180-359' }, 's2 takes 180-200, which s1 has as well'],
  ['a partition that is not there', { s1: '0-360' }, 's1 has "0-360", but the partitions are 0 to 359'],
  ['a range backwards', { s1: '9-0' }, 's1 has "9-0", which ends before it begins'],
  ['no range at all', { s1: 'all' }, 's1 has "all", which is no range like 0-179 or 200'],
  ['a partition twice', { s1: '1,0-3' }, 's1 names partition 1 twice'],
  ['a server id of another form', { 'S 1': '0-359' }, 'S 1 has no valid server id (a-z, 0-9, -; 1 to 32)'],
])('refuses %s', (_name, partitions, reason) => {
  const faults = reasons(parse({ 'partitioning.server-partitions': partitions }));
  expect(faults).toEqual([`partitioning.server-partitions.${reason}`]);
});

test('refuses fewer partitions than servers', () => {
  const partitions = { s1: '0', s2: '1', s3: '' };
  const faults = reasons(parse({ 'partitioning.partition-count': '2', 'partitioning.server-partitions': partitions }));
  expect(faults).toEqual(['partitioning.partition-count is fewer than the 3 messaging servers']);
});

test('reports all faults together', () => {
  const change = {
    'partitioning.partition-count': '0',
    'history.server-address': 'x',
    'history.user.message-count': '',
  };
  expect(reasons(parse(change))).toHaveLength(3);
});

test('warns of partitions without a server and of servers without an address', () => {
  const parsed = parse({ 'partitioning.server-partitions': { s1: '0-99', s3: '150-359' } });
  if ('faults' in parsed) throw new Error('unreachable');
  expect(parsed.warnings).toEqual([
    {
      key: 'partitioning.server-partitions',
      value: '100-149',
      reason: 'belong to no server: their users cannot connect',
    },
    {
      key: 'partitioning.server-addresses.s3',
      value: '',
      reason: 'has partitions but no address: clients cannot find it',
    },
  ]);
});

test('never throws, whatever the values are', () => {
  const value = fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.string()));
  const key = fc.oneof(fc.constantFrom(...Object.keys(good)), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value)), (entries) => {
      const parsed = parseDynamicConfig({ version: 1, values: new Map(entries) });
      const named = 'faults' in parsed && parsed.faults.every(({ reason }) => reason !== '');
      const usable = 'config' in parsed && parsed.config.partitionCount >= 2;
      expect(named || usable).toBe(true);
    }),
  );
});

test('seeds what is missing, so that the result is valid and complete', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 1, max: 2 }), (partitionCount, servers) => {
      const messagingServerIds = ['s1', 's2'].slice(0, servers);
      const values = seedValues({ version: 0, values: new Map() }, { partitionCount, messagingServerIds });
      const parsed = parseDynamicConfig({ version: 1, values });
      if ('faults' in parsed) throw new Error(reasons(parsed).join());
      const owned = [...parsed.config.serverPartitions.values()].flat();
      expect([owned.length, parsed.config.serverPartitions.size]).toEqual([partitionCount, servers]);
    }),
  );
});

test('seeds nothing over what is there', () => {
  const snapshot = { version: 3, values: new Map(Object.entries(good)) };
  expect(seedValues(snapshot, { messagingServerIds: ['x'], partitionCount: 4 }).size).toBe(0);
});

test('finds exactly the keys that differ', () => {
  const before = new Map<string, ConfigValue>([
    ['same', { a: '1', b: '2' }],
    ['changed', { a: '1' }],
    ['removed', 'x'],
  ]);
  const after = new Map<string, ConfigValue>([
    ['same', { b: '2', a: '1' }],
    ['changed', { a: '2' }],
    ['added', 'y'],
  ]);
  expect([...diffConfig(before, after)]).toEqual([
    ['changed', { a: '2' }],
    ['removed', undefined],
    ['added', 'y'],
  ]);
});
