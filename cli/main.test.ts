import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { CecochatError } from '../services/core/errors.ts';
import type { CommandEntry } from './commands/command.ts';
import { commandEntries } from './commands/registry.ts';
import { checkOutput } from './e2e/output-schema.ts';
import { openWorkbench } from './e2e/run-command.ts';
import { main } from './main.ts';

const entries = (work: () => Promise<object>): CommandEntry[] => [
  {
    name: 'plan',
    summary: 'a command for the test',
    group: 'other',
    load: () =>
      Promise.resolve({
        define: (command, run) => {
          command.option('--name <stack>').action(() =>
            run(async ({ output }) => ({
              data: await work().then((data) => ({ data, colour: output.colours.red('x') })),
              text: output.colours.red('red'),
            })),
          );
        },
      }),
  },
];

describe('the program', () => {
  test('shows every command in its help, and loads none for it', async () => {
    await using bench = await openWorkbench();
    const guarded = commandEntries.map((entry) => ({
      ...entry,
      load: () => Promise.reject(new Error(`loaded ${entry.name}`)),
    }));
    const ran = await bench.run(['--help'], { entries: guarded });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    for (const { name, summary } of commandEntries) {
      expect(ran.stdout).toContain(name);
      expect(ran.stdout).toContain(summary);
    }
    expect(await bench.run([], { entries: guarded })).toEqual(ran);
  });

  test.each(commandEntries.map(({ name }) => name))('helps with "%s", with examples', async (name) => {
    await using bench = await openWorkbench();
    const ran = await bench.run([name, '--help']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/Usage: cecochat [^]+/);
    expect((await bench.run(['help', name])).stdout).toBe(ran.stdout);
    const leaf = name === 'service' ? await bench.run([name, 'run', '--help']) : ran;
    expect(leaf.stdout).toContain('Examples:');
  });

  test.each([
    [['upp'], "unknown command 'upp'", 'up'],
    [['up', '--timout', '3s'], "unknown option '--timout'", '--timeout'],
    [['up', '--timeout', 'soon'], "option '--timeout <duration>' argument 'soon' is invalid", 'cecochat up --help'],
    [['up', '--name', '../x'], "option '--name <stack>' argument '../x' is invalid", 'cecochat up --help'],
    [['up', '--backends', 'podman'], "argument 'podman' is invalid", 'cecochat up --help'],
    [['up', '--port-base', '70000'], 'at most 65000', 'cecochat up --help'],
    [['up', 'extra'], 'too many arguments', 'cecochat up --help'],
    [['config'], '"cecochat config" needs one of its commands', 'cecochat config --help'],
    [['config', 'gett'], "unknown command 'gett'", 'get'],
    [['config', 'get'], "missing required argument 'key'", 'cecochat config get --help'],
    [['completion', 'tcsh'], "'tcsh' is invalid for argument 'shell'", 'cecochat completion --help'],
    [['service', 'run'], 'which server', '--all'],
    [['service', 'run', 'connecte'], '"connecte" is none of', undefined],
  ])('refuses %j as wrong usage', async (argv, message, hint) => {
    await using bench = await openWorkbench();
    const ran = await bench.run(argv);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(message);
    const inJson = await bench.run([...argv, '--json']);
    expect(inJson).toMatchObject({ code: 2, stderr: '' });
    const { error } = checkOutput(inJson.stdout);
    expect(error?.code).toBe('usage.invalid');
    expect(error?.message).toContain(message);
    expect(error?.hint ?? '').toContain(hint ?? '');
  });

  test('says what happened, why, and what helps', async () => {
    await using bench = await openWorkbench();
    const failing = entries(() =>
      Promise.reject(
        new CecochatError('timed.out', 'it took too long', {
          hint: 'cecochat up',
          cause: new Error('the disk is slow'),
        }),
      ),
    );
    const ran = await bench.run(['plan'], { entries: failing });
    expect(ran).toEqual({
      code: 4,
      stdout: '',
      stderr: 'error: it took too long\n  why: the disk is slow\n  try: cecochat up\n',
    });
    const { error } = checkOutput((await bench.run(['plan', '--json'], { entries: failing })).stdout);
    expect(error).toMatchObject({ code: 'timed.out', hint: 'cecochat up' });
  });

  test('names the stack in what helps, which a server cannot know', async () => {
    await using bench = await openWorkbench();
    const unknown = entries(() =>
      Promise.reject(
        new CecochatError('user.unknown', 'there is no user named "nobody"', {
          hint: 'cecochat user list shows all names',
        }),
      ),
    );
    const named = 'cecochat user list --name foo shows all names';
    const ran = await bench.run(['plan', '--name', 'foo'], { entries: unknown });
    expect(ran.stderr).toContain(`try: ${named}`);
    const asJson = await bench.run(['plan', '--name', 'foo', '--json'], { entries: unknown });
    expect(checkOutput(asJson.stdout).error?.hint).toBe(named);
  });

  test('shows the stack of a bug, and asks for a report', async () => {
    await using bench = await openWorkbench();
    const buggy = entries(() => Promise.reject(new TypeError('x is not a function')));
    const ran = await bench.run(['plan'], { entries: buggy });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/error: x is not a function\n {2}TypeError[^]+main\.test[^]+please report/);
    expect(checkOutput((await bench.run(['plan', '--json'], { entries: buggy })).stdout).error?.code).toBe('internal');
  });

  test('colours a terminal, and nothing else', async () => {
    await using bench = await openWorkbench();
    const fine = entries(() => Promise.resolve({}));
    expect((await bench.run(['plan'], { entries: fine })).stdout).toBe('red\n');
    expect((await bench.run(['plan'], { entries: fine, tty: true })).stdout).toBe('\u001b[31mred\u001b[39m\n');
    expect((await bench.run(['plan'], { entries: fine, tty: true, env: { NO_COLOR: '1' } })).stdout).toBe('red\n');
    expect((await bench.run(['plan'], { entries: fine, tty: true, env: { CI: 'true' } })).stdout).toBe('red\n');
  });

  test('is interrupted before and during its work', async () => {
    await using bench = await openWorkbench();
    const interrupt = new AbortController();
    const reason = new CecochatError('interrupted', 'interrupted by SIGINT');
    const waiting = entries(
      () =>
        new Promise((_resolve, reject) =>
          interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason)),
        ),
    );
    const running = bench.run(['plan'], { entries: waiting, signal: interrupt.signal });
    interrupt.abort(reason);
    expect(await running).toMatchObject({ code: 130, stderr: 'error: interrupted by SIGINT\n' });
    expect(await bench.run(['plan'], { signal: AbortSignal.abort(reason) })).toMatchObject({ code: 130 });
  });

  test.each([
    ['ends quietly when its reader goes away', 'EPIPE', { code: 0, told: '' }],
    [
      'says that its output cannot be written',
      'ENOSPC',
      { code: 1, told: 'error: the output cannot be written: write ENOSPC\n' },
    ],
  ] as const)('%s', async (_what, errno, expected) => {
    await using bench = await openWorkbench();
    const environment = bench.environment();
    const closed = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${errno}`), { code: errno })),
    });
    const stream: CommandEntry[] = [
      {
        name: 'logs',
        summary: '',
        group: 'other',
        load: () =>
          Promise.resolve({
            define: (command, run) => {
              command.action(() =>
                run(async ({ output, environment: { signal } }) => {
                  for (;;) {
                    await output.event({ event: 'log', data: {}, text: 'x' });
                    await new Promise((resolve) => setImmediate(resolve));
                    signal.throwIfAborted();
                  }
                }),
              );
            },
          }),
      },
    ];
    const parts: string[] = [];
    environment.stderr.on('data', (part: unknown) => parts.push(String(part)));
    const code = await main({ ...environment, argv: ['logs'], stdout: closed }, stream);
    expect({ code, told: parts.join('') }).toEqual(expected);
  });
});
