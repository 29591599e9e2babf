#!/usr/bin/env node
/**
 * Hands arguments, environment and streams to the program, and its exit code to the system.
 */
import { systemRandom } from '../services/core/random.ts';
import { systemClock } from '../services/core/time/clock.ts';
import { interruptSignal } from '../cli/interrupt.ts';
import { main } from '../cli/main.ts';
import { terminalHost } from '../cli/terminal-host.ts';
import { parentChannel } from '../cli/stack/process/parent-channel.ts';

// React picks its build by it; the other one is slower and remembers every measurement.
process.env['NODE_ENV'] ??= 'production';

process.exitCode = await main({
  argv: process.argv.slice(2),
  program: [process.execPath, ...process.execArgv, ...process.argv.slice(1, 2)],
  parent: process.send === undefined ? undefined : parentChannel(process),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  clock: systemClock,
  random: systemRandom,
  host: terminalHost(process),
  signal: interruptSignal(process),
});
