import { expect, test } from 'vitest';
import { StatementRefused } from '../../cassandra/attempts.ts';
import type { Statement } from '../../cassandra/cassandra-session.ts';
import { messageFor } from '../history-samples.contract.ts';
import type { Collected } from './collect-puts.ts';
import { plainPut } from './plain-puts.ts';
import { createPutWriter } from './put-writer.ts';
import { feedMessagePut } from './row-puts.ts';

const node = '127.0.0.2:9042';

/** A node's answer that refuses a statement. */
const refusal = (): StatementRefused =>
  new StatementRefused('no such table', Object.assign(new Error('no such table'), { coordinator: node }));

const putAt = (offset: number): Collected => {
  const row = messageFor(1n, { from: 1n, to: 2n, order: BigInt(offset + 1), offset });
  return { put: feedMessagePut(row), partition: 1, row };
};
const isPlain = (statements: readonly Statement[]): boolean =>
  JSON.stringify(textOf(statements)) === JSON.stringify(textOf(plainPut('feed').statements));
const textOf = (statements: readonly Statement[]) => statements.map(({ params }) => params.map(String));
const holds = (statements: readonly Statement[], { put }: Collected): boolean =>
  put.statements.every((statement) => statements.includes(statement));

test('a row that a node refuses again, after a plain one was taken there, is at fault; the others are in', async () => {
  const [good, bad] = [putAt(0), putAt(1)];
  const asked: (string | undefined)[] = [];
  const taken: (readonly Statement[])[] = [];
  const writer = createPutWriter({
    async tryWrite(statements, at) {
      if (holds(statements, bad)) {
        asked.push(at);
        throw refusal();
      }
      if (isPlain(statements)) asked.push(at);
      taken.push(statements);
    },
  });
  expect(await writer.write([good, bad])).toMatchObject([{ partition: 1, row: { position: { offset: 1 } } }]);
  expect(taken.some((statements) => holds(statements, good))).toBe(true);
  // Together with the good one, alone, the plain one, alone again.
  expect(asked).toEqual([undefined, undefined, node, node]);
});

test('a table that comes into being meanwhile blames no row', async () => {
  const put = putAt(0);
  let refusals = 2;
  const writer = createPutWriter({
    async tryWrite(statements) {
      if (!isPlain(statements) && refusals-- > 0) throw refusal();
    },
  });
  expect(await writer.write([put])).toEqual([]);
});

test('a table that takes no row at all is the fault of the engine', async () => {
  const writer = createPutWriter({ tryWrite: () => Promise.reject(refusal()) });
  await expect(writer.write([putAt(0)])).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining('feed'),
  });
});
