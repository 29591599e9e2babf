import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import type { GroupHandler } from '../backplane.ts';
import { values } from '../recorded-tail.contract.ts';
import { openKafkaBackplane } from './kafka-backplane.ts';
import { oneBroker, openKafkaFixture } from './kafka.fixture.ts';
import { openProxy } from './tcp-proxy.fixture.ts';

interface Member extends GroupHandler {
  readonly has: Set<number>;
  readonly seen: string[];
}

function member(): Member {
  const has = new Set<number>();
  const seen: string[] = [];
  return {
    has,
    seen,
    async assigned(partition) {
      has.add(partition);
      return 0;
    },
    async records(partition, records) {
      for (const { value } of records) seen.push(`${partition}: ${Buffer.from(value).toString()}`);
    },
    async revoked(partition) {
      has.delete(partition);
    },
  };
}

async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await systemClock.sleep(20);
}

test('a member that is cut off gives up its partitions, others take them, and it comes back', async () => {
  await using fixture = await openKafkaFixture();
  await using proxy = await openProxy(oneBroker()[0] ?? '');
  await using far = await openKafkaBackplane({
    ...fixture.options,
    brokers: [proxy.address],
    reachAt: () => proxy.address,
  });
  const here = member();
  const there = member();
  await using _here = await fixture.backplane.openGroup('g', here);
  await using _there = await far.openGroup('g', there);
  await until(() => here.has.size === 3 && there.has.size === 3);
  proxy.mode('stall');
  await until(() => here.has.size === 6 && there.has.size === 0);
  for (let p = 0; p < 6; p++) await fixture.backplane.append(p, values('while cut off'));
  await until(() => here.seen.length === 6);
  expect(there.seen).toEqual([]);
  proxy.mode('pass');
  proxy.cut();
  await until(() => here.has.size === 3 && there.has.size === 3);
  await until(() => there.seen.length === 3);
});

test('a batch that is being worked on is finished before its partition goes to another member', async () => {
  await using fixture = await openKafkaFixture();
  const { backplane } = fixture;
  const one = member();
  const other = member();
  const working = new Set<number>();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const slow: GroupHandler = {
    ...one,
    async records(partition, records) {
      working.add(partition);
      await held;
      await one.records(partition, records);
      working.delete(partition);
    },
  };
  const taken: boolean[] = [];
  const watching: GroupHandler = {
    ...other,
    assigned(partition) {
      taken.push(working.size > 0);
      return other.assigned(partition);
    },
  };
  await using _slow = await backplane.openGroup('g', slow);
  await backplane.append(1, values('a'));
  await until(() => working.size === 1);
  await using _other = await backplane.openGroup('g', watching);
  await systemClock.sleep(2000);
  expect(taken).toEqual([]);
  release();
  await until(() => other.has.size === 3);
  expect(taken).toEqual([false, false, false]);
});
