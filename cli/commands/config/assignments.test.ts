import { describe, expect, test } from 'vitest';
import { parseAssignments } from './assignments.ts';
import { missingValues } from './seed.ts';

const present = {
  'partitioning.server-partitions': { s1: '0-179', s2: '180-359' },
  'history.user.message-count': '64',
};

describe('assignments of `config set`', () => {
  test('set texts, whole hashes and fields of hashes, all together', () => {
    const texts = [
      'history.user.message-count=50',
      'partitioning.server-partitions.s1=0-99',
      'partitioning.server-partitions.s2=100-359',
    ];
    expect(parseAssignments(texts, present)).toEqual({
      'history.user.message-count': '50',
      'partitioning.server-partitions': { s1: '0-99', s2: '100-359' },
    });
    expect(parseAssignments(['partitioning.server-addresses={"s1":"h:1"}'], present)).toEqual({
      'partitioning.server-addresses': { s1: 'h:1' },
    });
  });

  test('remove a key or a field with an empty value', () => {
    expect(parseAssignments(['history.user.message-count='], present)).toEqual({ 'history.user.message-count': null });
    expect(parseAssignments(['partitioning.server-partitions.s2='], present)).toEqual({
      'partitioning.server-partitions': { s1: '0-179' },
    });
  });

  test('keep what follows the first equals sign', () => {
    expect(parseAssignments(['a=b=c'], {})).toEqual({ a: 'b=c' });
  });

  test.each([['x'], ['=x'], ['partitioning.server-partitions=[1]'], ['partitioning.server-addresses=s1']])(
    'refuse %j',
    (text) => {
      expect(() => parseAssignments([text], present)).toThrow(expect.objectContaining({ code: 'usage.invalid' }));
    },
  );
});

describe('seeding', () => {
  const servers = ['s1', 's2', 's3'].map((serverId) => ({
    name: 'messaging',
    serverId,
    httpAddress: '',
    grpcAddress: `h:${serverId}`,
  }));

  test('keeps what is there and shares partitions evenly', () => {
    expect(missingValues({ 'partitioning.partition-count': '10', 'history.user.message-count': '1' }, servers)).toEqual(
      {
        'partitioning.server-partitions': { s1: '0-2', s2: '3-5', s3: '6-9' },
        'partitioning.server-addresses': { s1: 'h:s1', s2: 'h:s2', s3: 'h:s3' },
        'history.dialog.message-count': '32',
      },
    );
  });
});
