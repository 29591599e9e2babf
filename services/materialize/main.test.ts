import { expect, test } from 'vitest';
import { encodeRecord } from '../backplane/codec.ts';
import { ask, describeServer, openTestContext } from '../runtime/server.contract.ts';
import type { ServerContext } from '../runtime/server.ts';
import { settingsWith } from '../runtime/settings.ts';
import { fence, incarnation, sent } from './log-records.fixture.ts';
import { startMaterialize } from './main.ts';
import { materializeSettings } from './settings.ts';

const adminToken = 'the-administration-token';
const start = (context: Omit<ServerContext<never>, 'settings'>, httpPort = 0) =>
  startMaterialize({ ...context, settings: settingsWith(materializeSettings, { httpPort, adminToken }) });

describeServer('materialize', start);

test('lists and replays dead letters for the administrator only', async () => {
  await using context = await openTestContext({ historyRowBytes: 500 });
  const { backplane, historyDb } = context.engines;
  const records = [fence, sent(1), sent(2, { text: 'x'.repeat(1000) }), sent(3)];
  await backplane.append(3, records.map(encodeRecord));
  await using server = await start(context);
  while ((await historyDb.watermark(3))?.next.offset !== 4) await context.clock.sleep(5);
  const url = `${server.httpAddress}/api/dead-letters`;
  const call = (path = '', more: object = {}) => ask(`${url}${path}`, { token: adminToken, ...more });

  expect(await ask(url)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(await ask(`${url}/replay`, { method: 'POST', body: {}, token: 'another-token-than-that' })).toMatchObject({
    status: 403,
  });
  const id = `3.2.${incarnation}`;
  const letter = {
    id,
    partition: 3,
    incarnation,
    offset: 2,
    kind: 'sent',
    owners: ['1'],
    messageId: '1002',
    chatId: '1-2',
    senderId: '1',
    reason: expect.stringContaining('engines.historyRowBytes'),
    atMs: expect.any(Number),
    sizeBytes: expect.any(Number),
  };
  expect(await call()).toEqual({ status: 200, body: { total: 1, deadLetters: [letter], next: id } });
  expect(await call(`?after=${id}&limit=5`)).toEqual({ status: 200, body: { total: 1, deadLetters: [], next: null } });
  expect(await call('?limit=0')).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  const replay = (body: object) => call('/replay', { method: 'POST', body });
  expect(await replay({ ids: [id] })).toMatchObject({ body: { replayed: 0, refused: [{ id }], next: null } });
  expect(await replay({})).toMatchObject({ status: 200, body: { replayed: 0, refused: [{ id }], next: id } });
  expect(await replay({ ids: [`3.1.${incarnation}`] })).toMatchObject({ status: 404, body: { code: 'not.found' } });
  expect(await replay({ id })).toMatchObject({ status: 400 });
  expect(await ask(`${server.httpAddress}/openapi.json`)).toMatchObject({
    status: 200,
    body: { paths: { '/api/dead-letters': {}, '/api/dead-letters/replay': {} } },
  });
});
