/**
 * A broker that cannot write any more: the files of a limited process end as on a full disk. Kafka gives its log up
 * then, and its operator starts it again when there is space.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CecochatError } from '../../core/errors.ts';
import { values } from '../recorded-tail.contract.ts';
import { openKafkaFixture } from './kafka.fixture.ts';
import { startOwnBroker } from './own-broker.fixture.ts';

const partition = 1;

test('a full disk: appends are told to be tried again, nothing answered is lost, and all goes on with space', async () => {
  await using broker = await startOwnBroker(() => ({}));
  await using fixture = await openKafkaFixture({ brokers: [broker.address], appendTimeoutMs: 3_000 });
  const { backplane } = fixture;
  const answered: string[] = [];
  const append = async (text: string): Promise<unknown> => {
    try {
      await backplane.append(partition, values(text));
      answered.push(text);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const padding = 'x'.repeat(100_000);
  for (let n = 0; n < 5; n += 1) await append(`${n} ${padding}`);

  await promisify(execFile)('prlimit', ['--pid', String(await broker.pid()), '--fsize=2000000:']);
  let failure: unknown;
  for (let n = 5; failure === undefined; n += 1) failure = await append(`${n} ${padding}`);
  expect(failure).toBeInstanceOf(CecochatError);
  expect(failure).toMatchObject({ code: 'engine.unavailable', retry: 'backoff' });
  expect(answered.length).toBeGreaterThan(5);
  await expect.poll(() => broker.log(), { timeout: 20_000 }).toMatch(/File too large|No space left/);
  await expect(backplane.bounds(partition)).rejects.toMatchObject({ code: 'engine.unavailable' });

  const pid = await broker.pid();
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
  await broker.start();
  await expect.poll(() => append('with space'), { timeout: 30_000 }).toBeUndefined();
  const { start, end } = await backplane.bounds(partition);
  const records: string[] = [];
  for (let at = start; at < end;) {
    const page = await backplane.read(partition, at, { maxRecords: 1000, maxBytes: 10_000_000 });
    records.push(...page.map(({ value }) => Buffer.from(value).toString()));
    at = (page.at(-1)?.offset ?? end) + 1;
  }
  expect(answered.filter((text) => !records.includes(text))).toEqual([]);
}, 120_000);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
