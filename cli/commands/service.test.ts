import { describe, expect, test } from 'vitest';
import { CecochatError } from '../../services/core/errors.ts';
import { checkOutput } from '../e2e/output-schema.ts';
import { openWorkbench } from '../e2e/run-command.ts';
import { parseSettingFlags } from './setting-flags.ts';

describe('settings as flags', () => {
  test('are named like the settings', () => {
    expect(
      parseSettingFlags(['--server-id', 's1', '--http-port=7', '--jwks-url', 'http://h/?a=b', '--x', '--y']),
    ).toEqual({
      serverId: 's1',
      httpPort: '7',
      jwksUrl: 'http://h/?a=b',
      x: '--y',
    });
  });

  test.each([[['s1']], [['--']], [['-p', '1']], [['--serverId', 's1']], [['--server-id']], [['--a', '1', '--a', '2']]])(
    'refuse %j',
    (words) => {
      expect(() => parseSettingFlags(words)).toThrow(expect.objectContaining({ code: 'usage.invalid' }));
    },
  );
});

describe('service run', () => {
  test('runs one server until it is stopped', async () => {
    await using bench = await openWorkbench();
    const stop = new AbortController();
    const env = { CECOCHAT_PROFILE_ADMIN_TOKEN: 'a-token-for-tests', CECOCHAT_ENGINES_DATA_FOLDER: bench.home };
    const onStdout = (text: string): void => {
      if (text.includes('listens')) {
        stop.abort(new CecochatError('interrupted', 'the test is done'));
      }
    };
    const ran = await bench.run(['service', 'run', 'profile', '--http-port', '0'], {
      env,
      signal: stop.signal,
      onStdout,
    });
    expect(ran).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('profile stopped') });
    expect(ran.stdout).not.toContain('a-token-for-tests');
  });

  test('names every fault of the settings and where it is from', async () => {
    await using bench = await openWorkbench();
    const env = { CECOCHAT_ENGINES_DATA_FOLDER: bench.home, CECOCHAT_PROFILE_HTTP_PORT: 'x' };
    const ran = await bench.run(['service', 'run', 'profile', '--admin-tokn', 'y', '--json'], { env });
    const { error } = checkOutput(ran.stdout);
    expect(error).toMatchObject({
      code: 'settings.invalid',
      data: {
        httpPort: expect.stringContaining('CECOCHAT_PROFILE_HTTP_PORT'),
        adminTokn: expect.stringContaining('is no setting'),
        adminToken: expect.stringContaining('is required'),
      },
    });
  });

  test.each([
    [['service', 'run'], 'which server to run'],
    [['service', 'run', 'kafka'], 'none of profile'],
    [['service', 'run', 'profile', '--all'], 'takes no "profile"'],
    [['service', 'run', '--all', '--tpyo'], 'takes no "--tpyo"'],
    [['service', 'run', 'profile', 'extra'], '"extra" is no setting'],
  ])('refuses %j', async (argv, message) => {
    await using bench = await openWorkbench();
    expect(await bench.run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
