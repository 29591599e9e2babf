/**
 * Launches the process of a server: this program again, in a process group of its own, so that Ctrl-C reaches the
 * supervisor only, which stops them in order.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cancellable } from '../../../services/core/time/clock.ts';
import type { Environment } from '../../commands/environment.ts';
import type { LogLevel } from '../../output/log-line.ts';
import { processStartOf } from '../process/process-identity.ts';
import { parseStackMessage, type EngineUp } from '../process/stack-message.ts';
import { serverProgram } from '../server-program.ts';
import type { StackServer } from '../stack-files.ts';
import type { Begin } from './begin-message.ts';
import { unitName, type LaunchServer } from './launch-server.ts';
import type { Turns } from './turns.ts';

export interface SpawnOptions {
  readonly environment: Environment;
  readonly logFolder: string;
  readonly logLevel: LogLevel;
  readonly begin: (server: StackServer) => Begin;
  /** A server loads its code in its turn. */
  readonly turns: Turns;
}

const shownBytes = 2_000;
/** Many times what loading takes: one that hangs does not keep the others from starting. */
const turnMs = 20_000;

export function spawnServer({ environment, logFolder, logLevel, begin, turns }: SpawnOptions): LaunchServer {
  return (server, events) => {
    // What it says outside its log. One file, made anew at each start.
    const said = join(logFolder, `${unitName(server)}.crash`);
    const child = spawnInto(said, { environment, args: argumentsOf(server, logLevel) });
    let isOver = false;
    const end = (code: number | null, signal: NodeJS.Signals | null, output: string): void => {
      if (isOver) return;
      isOver = true;
      endTurn();
      events.ended({ code, signal, output });
    };
    child.on('message', (value) => {
      const found = parseStackMessage(value);
      if (found === undefined) return;
      // Whatever it says, it has its code by then.
      endTurn();
      events.message(found);
    });
    child.once('error', (error) => {
      if (child.pid === undefined) end(null, null, error.message);
    });
    child.once('exit', (code, signal) => end(code, signal, lastSaid(said)));
    // A process that has ended meanwhile tells so by its end.
    const send = (value: object): void => void (child.connected && child.send(value, () => undefined));
    let turnLimit: Cancellable | undefined;
    const turn = turns.take(() => {
      turnLimit = environment.clock.after(turnMs, () => endTurn());
      send(begin(server));
    });
    const endTurn = (): void => {
      turnLimit?.cancel();
      turn();
    };
    return {
      pid: child.pid,
      processStart:
        child.pid === undefined ? Promise.resolve('') : processStartOf(child.pid).then((text) => text ?? ''),
      announce(engine) {
        const up: EngineUp = { kind: 'engine-up', engine };
        send(up);
      },
      signal: (name) => void child.kill(name),
    };
  };
}

function argumentsOf({ name, serverId }: StackServer, logLevel: LogLevel): string[] {
  const id = name === 'messaging' ? ['--server-id', serverId] : [];
  return ['service', 'run', '--supervised', '--log-level', logLevel, name, ...id];
}

function spawnInto(
  file: string,
  { environment, args }: { readonly environment: Environment; readonly args: readonly string[] },
): ChildProcess {
  const [node, ...options] = serverProgram(environment);
  const output = openSync(file, 'w', 0o600);
  try {
    return spawn(node, [...options, ...args], {
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
      cwd: environment.cwd,
      env: { ...environment.env },
    });
  } finally {
    closeSync(output);
  }
}

function lastSaid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().slice(-shownBytes);
  } catch {
    // Somebody deleted the folder.
    return '';
  }
}
