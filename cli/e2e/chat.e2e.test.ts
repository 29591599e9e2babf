/**
 * Chatting by commands: many lines at once, any Unicode, and what happens to input that is no message.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandbox, type Sandbox } from './sandbox.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox();
  const up = await sandbox.run(['up', '--port-base', '0']);
  if (up.exitCode !== 0) throw new Error(up.stderr);
});

afterAll(async () => {
  await sandbox.run(['down', '--volumes']);
  const left = await sandbox.leftovers();
  await sandbox[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

/** Tests run in any order: who listens is a user of that test alone. */
async function addUser(name: string): Promise<string> {
  const added = await sandbox.run(['user', 'add', name, '--generate']);
  if (added.exitCode !== 0) throw new Error(added.stderr);
  return name;
}

test('a file of lines is sent in order, and arrives whole', async () => {
  const carol = await addUser('carol');
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index} – ß ☂ 🜂 ${'x'.repeat(index % 50)}`);
  const sent = await sandbox.json(['send', '--as', 'bob', '--to', carol], {
    input: lines.join('\n'),
    timeoutMs: 100_000,
  });
  expect(sent.exitCode, sent.errorMessage).toBe(0);
  expect(sent.data.at('sent').number()).toBe(lines.length);

  const listened = await sandbox.json(['listen', '--as', carol, '--count', String(lines.length), '--timeout', '30s']);
  expect(listened.exitCode, listened.errorMessage).toBe(0);
  expect(listened.events.map((event) => event.at('data', 'text').value)).toEqual(lines);

  const texts = await sandbox.texts(['--as', carol, '--with', 'bob', '--all'], lines.length);
  expect(texts.toReversed()).toEqual(lines);
});

test('listen goes on where the last one ended', async () => {
  const dave = await addUser('dave');
  const listen = (): ReturnType<Sandbox['json']> =>
    sandbox.json(['listen', '--as', dave, '--count', '1', '--timeout', '20s']);
  for (const text of ['first', 'second']) {
    await sandbox.run(['send', '--as', 'bob', '--to', dave, text]);
    expect((await listen()).events.map((event) => event.at('data', 'text').value)).toEqual([text]);
  }
});

const refused: readonly (readonly [what: string, args: readonly string[], exitCode: number, code: string])[] = [
  ['an unknown command', ['dance'], 2, 'usage.invalid'],
  ['an unknown option', ['send', '--loudly'], 2, 'usage.invalid'],
  ['a missing option', ['send', 'hello'], 2, 'usage.invalid'],
  ['an unknown sender', ['send', '--as', 'nobody', '--to', 'bob', 'x'], 1, 'login.failed'],
  ['an unknown receiver', ['send', '--as', 'bob', '--to', 'nobody', 'x'], 1, 'user.unknown'],
  ['an unknown receiver by id', ['send', '--as', 'bob', '--to', '999999', 'x'], 1, 'user.unknown'],
  ['a message to oneself', ['send', '--as', 'bob', '--to', 'bob', 'x'], 2, 'request.invalid'],
  ['an empty message', ['send', '--as', 'bob', '--to', 'alice', ''], 2, 'usage.invalid'],
  ['a message that is too long', ['send', '--as', 'bob', '--to', 'alice', 'x'.repeat(8193)], 2, 'message.too_large'],
  ['a stack that does not run', ['status', '--name', 'absent'], 3, 'stack.not_running'],
  ['a stack name with a slash', ['status', '--name', '../x'], 2, 'usage.invalid'],
  ['a key that is none', ['history', '--as', 'bob', '--key', 'zero'], 2, 'usage.invalid'],
  ['a time without a unit', ['listen', '--as', 'bob', '--timeout', '5'], 2, 'usage.invalid'],
  ['an invalid configuration', ['config', 'set', 'history.user.message-count=0'], 2, 'config.invalid'],
  ['an unknown configuration key', ['config', 'get', 'no.such-key'], 1, 'not.found'],
];

test.each(refused)('%s is refused with a code and the next step', async (...[, args, exitCode, code]) => {
  const answer = await sandbox.json(args, code === 'login.failed' ? { env: { CECOCHAT_PASSWORD: 'wrong' } } : {});
  expect([answer.exitCode, answer.errorCode]).toEqual([exitCode, code]);
  expect(answer.errorMessage).not.toBe('');
});

test('bytes that are no UTF-8 stop the lines with the number of the line', async () => {
  const sent = sandbox.start([
    'sh',
    '-c',
    'printf "good\\n\\377bad\\n" | node dist/bin/cecochat.js send --as alice --to bob --json',
  ]);
  const { exitCode, stdout } = await sent.ended;
  expect(exitCode).toBe(2);
  expect(stdout).toContain('line 2 is not UTF-8');
});
