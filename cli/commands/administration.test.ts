import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CecochatError } from '../../services/core/errors.ts';
import { checkOutput } from '../e2e/output-schema.ts';
import { openWorkbench, type Ran, type RunOptions, type Workbench } from '../e2e/run-command.ts';
import { findRunningStack } from '../stack/running-stack.ts';

/** One real stack for all of these, in this process. */
let bench: Workbench;
let running: Promise<Ran>;
const stop = new AbortController();

beforeAll(async () => {
  bench = await openWorkbench();
  running = bench.run(['service', 'run', '--all', '--port-base', '0', '--json'], { signal: stop.signal });
  const { code, stderr } = await bench.run(['wait', '--timeout', '20s']);
  if (code !== 0) {
    throw new Error(stderr);
  }
}, 30_000);

afterAll(async () => {
  stop.abort(new CecochatError('interrupted', 'the tests are done'));
  await running;
  await bench[Symbol.asyncDispose]();
}, 30_000);

async function json(argv: readonly string[], options: RunOptions = {}) {
  const ran = await bench.run([...argv, '--json'], options);
  expect(ran.stderr).toBe('');
  return { ...checkOutput(ran.stdout), code: ran.code };
}

describe('send', () => {
  test('ends with what was sent before a line that is too long', async () => {
    const stdin = `one\n\n${'x'.repeat(9000)}\nlate\n`;
    const ran = await bench.run(['send', '--as', 'bob', '--to', 'alice'], { stdin });
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toBe(
      'error: line 3 has 9000 bytes of UTF-8; a message has at most 8192; 1 message sent, nothing from line 3 on\n  try: split it into several lines, and send from line 3 on\n',
    );
    const asJson = await json(['send', '--as', 'bob', '--to', 'alice'], { stdin: 'x'.repeat(9000) });
    expect(asJson).toMatchObject({ code: 2, data: { sent: 0 }, error: { code: 'message.too_large' } });
    const help = (await bench.run(['send', '--help'])).stdout.replaceAll(/\s+/g, ' ');
    expect(help).toContain('at most 8192 bytes of UTF-8. Empty lines are passed over');
  });
});

describe('user', () => {
  test('adds, lists and removes', async () => {
    const added = await json(['user', 'add', 'carol', '--generate']);
    expect(added).toMatchObject({ code: 0, data: { name: 'carol', password: expect.stringMatching(/^.{24}$/) } });
    expect(await json(['user', 'list'])).toMatchObject({
      data: {
        users: expect.arrayContaining([
          expect.objectContaining({ name: 'bob', userId: '1' }),
          expect.objectContaining({ name: 'carol' }),
        ]),
      },
    });
    expect(await json(['user', 'add', 'carol', '--generate'])).toMatchObject({
      code: 1,
      error: { code: 'user.exists' },
    });
    expect(await json(['user', 'remove', 'carol'])).toMatchObject({ code: 0 });
    expect(await json(['user', 'remove', 'carol'])).toMatchObject({ code: 1, error: { code: 'user.unknown' } });
  });

  test('says what a name may be: in help, and of one that is none before it asks for the password', async () => {
    const rule = 'letters and digits of any script';
    expect((await bench.run(['user', 'add', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain(rule);
    expect(await json(['user', 'add', 'john doe'])).toMatchObject({
      code: 2,
      error: { code: 'request.invalid', message: 'the name "john doe" has a space in it' },
    });
  });

  test('keeps a generated password for this machine, and forgets a removed user', async () => {
    const added = await json(['user', 'add', 'dave', '--generate']);
    const password = (): Promise<string | undefined> =>
      findRunningStack(bench.environment(), 'default').then((stack) => stack.passwordOf('dave'));
    expect(added.data).toMatchObject({ password: await password() });
    await bench.run(['user', 'remove', 'Dave']);
    expect(await password()).toBeUndefined();
  });

  test('takes the password from standard input or the environment, and needs one', async () => {
    expect(await bench.run(['user', 'add', 'erin'], { stdin: 'correct horse\nbattery\n' })).toMatchObject({ code: 0 });
    expect(
      await bench.run(['user', 'password', 'erin'], { env: { CECOCHAT_PASSWORD: 'staple staple' } }),
    ).toMatchObject({ code: 0, stdout: 'changed the password of erin\n' });
    expect(await bench.run(['user', 'add', 'frank'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the password is empty'),
    });
    expect(await bench.run(['user', 'password', 'nobody', '--generate'])).toMatchObject({ code: 1 });
  });
});

describe('whoever chats', () => {
  const chatting = [['send', '--to', 'alice', 'hello'], ['history'], ['listen', '--count', '1', '--timeout', '5s']];

  test.each(chatting)('%s takes the password that is given, also when a session is kept', async (...command) => {
    const as = ['--as', 'bob'];
    expect(await bench.run(['history', ...as])).toMatchObject({ code: 0 });
    expect(await bench.run(['send', ...as, '--to', 'alice', 'first'])).toMatchObject({ code: 0 });
    const wrong = await bench.run([...command, ...as], { env: { CECOCHAT_PASSWORD: 'not this one' } });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('the name or the password is wrong') });
  });

  test.each(chatting)('%s does not tell whether there is a user, and says what helps', async (...command) => {
    expect(await bench.run([...command, '--as', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no user "nobody", or no password[^]*user add nobody[^]*CECOCHAT_PASSWORD/),
    });
  });

  test('send stops at a bad line, and says what was sent and what was not', async () => {
    const stdin = `one\ntwo\n${'x'.repeat(9000)}\nfour\n`;
    const sent = await json(['send', '--as', 'bob', '--to', 'alice'], { stdin });
    expect(sent).toMatchObject({
      code: 2,
      data: { sent: 2 },
      error: {
        message: expect.stringContaining('line 3 has 9000 bytes'),
        data: { sent: '2', unsentFromLine: '3' },
      },
    });
    expect(sent.error?.message).toContain('2 messages sent, nothing from line 3 on');
  });

  test('smoke with a name is about that stack only', async () => {
    const ran = await json(['smoke', '--name', 'nope']);
    expect(ran).toMatchObject({ code: 3, error: { code: 'stack.not_running', data: { stack: 'nope' } } });
  });
});

describe('config', () => {
  test('lists, gets, sets and logs', async () => {
    await bench.run(['config', 'set', 'history.user.message-count=64']);
    expect(await json(['config', 'list'])).toMatchObject({
      data: { values: { 'partitioning.partition-count': '360', 'history.user.message-count': '64' } },
    });
    const set = await json(['config', 'set', 'history.user.message-count=50', 'history.dialog.message-count=20']);
    expect(set).toMatchObject({
      code: 0,
      data: { change: { entries: [{ after: expect.any(String) }, { after: expect.any(String) }] } },
    });
    expect(await bench.run(['config', 'get', 'history.user.message-count'])).toEqual({
      code: 0,
      stdout: '50\n',
      stderr: '',
    });
    expect(await json(['config', 'get', 'history.user.message-count'])).toMatchObject({ data: { value: '50' } });
    expect(await json(['config', 'log', '--limit', '1'])).toMatchObject({
      data: { changes: [{ author: expect.stringMatching(/^cli:/) }] },
    });
    expect((await bench.run(['config', 'log'])).stdout).toContain('history.user.message-count: 64 → 50');
    expect(await json(['config', 'get', 'nope'])).toMatchObject({ code: 1, error: { code: 'not.found' } });
  });

  test('refuses what is not valid as a whole, and changes nothing', async () => {
    const change = ['history.user.message-count=30', 'history.dialog.message-count=0'];
    expect(await json(['config', 'validate', ...change])).toMatchObject({
      code: 2,
      data: { valid: false, faults: [{ key: 'history.dialog.message-count', value: '0' }] },
    });
    const before = await json(['config', 'list']);
    expect(await json(['config', 'set', ...change])).toMatchObject({ code: 2, error: { code: 'config.invalid' } });
    expect((await json(['config', 'list'])).data).toEqual(before.data);
    expect(await json(['config', 'validate'])).toMatchObject({ code: 0, data: { valid: true } });
  });

  test('seeds what is missing only', async () => {
    await bench.run(['config', 'set', 'history.dialog.message-count=']);
    expect(await json(['config', 'seed'])).toMatchObject({ data: { seeded: ['history.dialog.message-count'] } });
    expect(await json(['config', 'seed'])).toMatchObject({ data: { seeded: [] } });
  });

  test('watches changes until it is interrupted', async () => {
    const interrupt = new AbortController();
    let seen = 0;
    const watching = bench.run(['config', 'watch', '--json'], {
      signal: interrupt.signal,
      onStdout: () => {
        seen += 1;
        if (seen === 1) {
          void bench.run(['config', 'set', 'history.user.message-count=41']);
        } else if (seen === 2) {
          interrupt.abort(new CecochatError('interrupted', 'enough'));
        }
      },
    });
    const ran = await watching;
    expect(ran.code).toBe(130);
    expect(ran.stdout.split('\n')[1]).toContain('"history.user.message-count":"41"');
    expect(checkOutput(ran.stdout).error?.code).toBe('interrupted');
  });

  test('documents every setting', async () => {
    const reference = await bench.run(['config', 'reference']);
    expect(reference.stdout).toContain('partitioning.partition-count');
    expect(reference.stdout).toContain('CECOCHAT_PROFILE_ADMIN_TOKEN');
    expect(await json(['config', 'reference'])).toMatchObject({ code: 0 });
  });
});

describe('dead-letters', () => {
  test('of a stack that has none: an empty list, nothing to replay, and status says 0', async () => {
    expect(await json(['dead-letters', 'list'])).toMatchObject({ code: 0, data: { total: 0, deadLetters: [] } });
    expect(await bench.run(['dead-letters', 'list'])).toMatchObject({ code: 0, stdout: 'no dead letters\n' });
    expect(await json(['dead-letters', 'replay', '--all'])).toMatchObject({
      code: 0,
      data: { replayed: 0, refused: [] },
    });
    expect(await json(['status'])).toMatchObject({ code: 0, data: { deadLetters: 0 } });
  });

  test('takes ids or --all, not both or neither, and says which id is none', async () => {
    expect((await bench.run(['dead-letters', 'replay'])).code).toBe(2);
    expect((await bench.run(['dead-letters', 'replay', '--all', '1.2.3'])).code).toBe(2);
    const replay = (id: string) => json(['dead-letters', 'replay', id]);
    expect(await replay('what')).toMatchObject({ code: 2, error: { code: 'request.invalid' } });
    expect(await replay('1.2.3')).toMatchObject({ code: 1, error: { code: 'not.found' } });
  });
});

describe('commands that need a running stack', () => {
  test.each([['config', 'list'], ['user', 'list'], ['status'], ['dead-letters', 'list']])(
    'exit with 3 without one: %s %s',
    async (...argv) => {
      const ran = await bench.run([...argv.filter((word) => word !== undefined), '--name', 'nowhere', '--json']);
      expect(ran.code).toBe(3);
      expect(checkOutput(ran.stdout).error).toMatchObject({
        code: 'stack.not_running',
        hint: 'cecochat up --name nowhere',
      });
    },
  );
});
