/**
 * A client that nobody here wrote: grpcurl, by reflection, with a token.
 */
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSendKey } from '../../services/core/ids.ts';
import { systemRandom } from '../../services/core/random.ts';
import { systemClock } from '../../services/core/time/clock.ts';
import { login } from '../client/session.ts';
import { discover } from '../client/discovery.ts';
import { json, type Json } from './envelope.ts';
import { openSandbox, untilMany, type Ran, type Sandbox } from './sandbox.ts';

const grpcurl = process.env['CECOCHAT_GRPCURL'] ?? join(homedir(), '.cache', 'cecochat-engines', 'bin', 'grpcurl');

let sandbox: Sandbox;
let stack: Json;

beforeAll(async () => {
  await access(grpcurl).catch(() => {
    throw new Error(`${grpcurl} is missing: CECOCHAT_GRPCURL=<path of grpcurl>, or build it as .ci/run does`);
  });
  sandbox = await openSandbox();
  stack = (await sandbox.json(['up', '--port-base', '0'])).data;
});

afterAll(async () => {
  await sandbox.run(['down', '--volumes']);
  await sandbox[Symbol.asyncDispose]();
});

async function addresses(user: string): Promise<{ token: string; messaging: string; history: string }> {
  const secrets = json(JSON.parse(await readFile(join(stack.at('folder').text(), 'secrets.json'), 'utf8')));
  const account = secrets
    .at('users')
    .list()
    .find((each) => each.at('name').value === user);
  const password = account?.at('password').text() ?? '';
  const { accessToken: token } = await login({ profileUrl: stack.at('profileUrl').text(), username: user, password });
  const found = await discover({ connectUrl: stack.at('connectUrl').text(), token });
  return { token, messaging: found.messagingAddress, history: found.historyAddress };
}

function call(
  address: string,
  method: string,
  options: { token?: string; body?: object; more?: string[] } = {},
): Promise<Ran> {
  const { token, body, more = [] } = options;
  const header = token === undefined ? [] : ['-H', `authorization: Bearer ${token}`];
  const data = body === undefined ? [] : ['-d', JSON.stringify(body)];
  return sandbox.start([
    grpcurl,
    '-plaintext',
    '-max-time',
    '10',
    ...more,
    ...header,
    ...data,
    address,
    ...method.split(' '),
  ]).ended;
}

const key = (): string => makeSendKey(systemClock.nowMs(), systemRandom.bytes(10));

test('reflection lists and describes the services', async () => {
  const { messaging, history } = await addresses('bob');
  const listed = await call(messaging, 'list');
  for (const service of ['cecochat.v1.Send', 'cecochat.v1.Listen', 'cecochat.v1.Chat', 'grpc.health.v1.Health'])
    expect(listed.stdout).toContain(service);
  expect((await call(history, 'list')).stdout).toContain('cecochat.v1.History');
  expect((await call(messaging, 'describe cecochat.v1.SendMessageRequest')).stdout).toContain('previous_key');
});

test('health says SERVING', async () => {
  const { messaging, history } = await addresses('bob');
  for (const address of [messaging, history])
    expect((await call(address, 'grpc.health.v1.Health/Check')).stdout).toContain('SERVING');
});

test('send, listen and history with a token', async () => {
  const [bob, alice] = await Promise.all([addresses('bob'), addresses('alice')]);
  const body = { to: '2', content: { kind: 1, text: 'from grpcurl' }, key: key() };
  const sent = await call(bob.messaging, 'cecochat.v1.Send/SendMessage', { token: bob.token, body });
  expect(sent.exitCode, sent.stderr).toBe(0);
  const messageId = json(JSON.parse(sent.stdout)).at('messageId').text();

  const again = await call(bob.messaging, 'cecochat.v1.Send/SendMessage', { token: bob.token, body });
  expect(json(JSON.parse(again.stdout)).at('messageId').text(), 'the same key is the same message').toBe(messageId);

  const dialog = { token: alice.token, body: { with: '1' } };
  const [message] = await untilMany(async () => {
    const history = await call(alice.history, 'cecochat.v1.History/GetDialogHistory', dialog);
    expect(history.exitCode, history.stderr).toBe(0);
    const messages = json(JSON.parse(history.stdout)).at('messages');
    return messages.value === undefined ? [] : [...messages.list()];
  }, 1);
  expect([message?.at('messageId').value, message?.at('content', 'text').value]).toEqual([messageId, 'from grpcurl']);

  const listening = sandbox.start([
    grpcurl,
    '-plaintext',
    '-max-time',
    '20',
    '-H',
    `authorization: Bearer ${alice.token}`,
    '-d',
    '{}',
    alice.messaging,
    'cecochat.v1.Listen/Listen',
  ]);
  // Without a cursor it listens from now on: send until it has seen one.
  let heard = false;
  const hearing = listening.printed('live for grpcurl').then(() => (heard = true));
  while (!heard && listening.child.exitCode === null) {
    await sandbox.run(['send', '--as', 'bob', '--to', 'alice', 'live for grpcurl']);
    await Promise.race([hearing, systemClock.sleep(200)]);
  }
  await hearing;
  listening.child.kill('SIGTERM');
  await listening.ended;
});

test('without a token, with a bad one, and with bad input: a code of the list', async () => {
  const { messaging, token } = await addresses('bob');
  const send = 'cecochat.v1.Send/SendMessage';
  const good = { to: '2', content: { kind: 1, text: 'x' }, key: key() };
  const cases: readonly (readonly [string | undefined, object, string, string])[] = [
    [undefined, good, 'Unauthenticated', 'unauthenticated'],
    ['not.a.token', good, 'Unauthenticated', 'unauthenticated'],
    [token, { ...good, key: 'zero' }, 'InvalidArgument', 'request.invalid'],
    [token, { ...good, to: '0' }, 'InvalidArgument', 'request.invalid'],
    [token, { ...good, to: '1' }, 'InvalidArgument', 'request.invalid'],
    [token, { ...good, chatId: '2-3', to: '0' }, 'PermissionDenied', 'chat.forbidden'],
  ];
  for (const [bearer, body, status, reason] of cases) {
    const answer = await call(messaging, send, {
      body,
      more: ['-format-error'],
      ...(bearer === undefined ? {} : { token: bearer }),
    });
    expect(answer.exitCode, `${status}: ${answer.stdout}`).not.toBe(0);
    expect(`${answer.stdout}${answer.stderr}`).toContain(reason);
  }
});
