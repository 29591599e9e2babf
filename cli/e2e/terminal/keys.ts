/**
 * How long a key takes to the screen, in a real pseudo-terminal, while messages arrive in a chat that is long
 * already; how much memory the client then holds; how long it takes to its first screen.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../../services/core/time/clock.ts';
import { startStack } from '../kill/stack-handle.ts';
import { openSandbox, programFile, type Sandbox } from '../sandbox.ts';
import { openControlTerminal } from './control-terminal.ts';

export interface KeysRun {
  /** Messages in the chat before. */
  readonly messages: number;
  readonly keys: number;
  readonly arrivalsPerSecond: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const keyEveryMs = 40;
const lineLength = 30;

/** True when the 99th percentile is within 16 ms. */
export async function measureKeys(request: KeysRun): Promise<boolean> {
  const { messages, keys, arrivalsPerSecond, say, signal } = request;
  await using sandbox = await openSandbox();
  await using stack = await startStack(sandbox);
  const chat = [process.execPath, programFile, 'chat', '--as', 'bob', '--with', 'alice'];
  await using terminal = await openControlTerminal(sandbox, { columns: 100, rows: 30 });
  const starts: number[] = [];
  for (let run = 0; run < 5; run += 1) starts.push(await terminal.start(chat, 'default'));
  await terminal.printed('No messages yet').catch(() => undefined);
  if (messages > 0) await fill(sandbox, messages);
  await terminal.start(chat, 'connected to');
  terminal.press('End');
  using _arrivals = arrive(sandbox, arrivalsPerSecond);
  await terminal.printed('while somebody types');
  const taken = await typeKeys(terminal, { keys, signal });
  const status = await readFile(`/proc/${await terminal.pid()}/status`, 'utf8');
  const residentMib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  const at = (share: number): string => (taken[Math.floor(taken.length * share)] ?? 0).toFixed(1);
  say(`${messages} messages in the chat, ${arrivalsPerSecond} arriving a second, 100 × 30 cells, ${keys} keys`);
  say(`key to screen: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${(taken.at(-1) ?? 0).toFixed(1)} ms`);
  say(`memory: ${residentMib.toFixed(0)} MiB; start to first screen: ${Math.min(...starts).toFixed(0)} ms (best of 5)`);
  await stack[Symbol.asyncDispose]();
  return (taken[Math.floor(taken.length * 0.99)] ?? 0) <= 16;
}

async function fill(sandbox: Sandbox, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => `message ${index} of a long talk`);
  const sent = await sandbox.run(['send', '--as', 'alice', '--to', 'bob'], {
    input: lines.join('\n'),
    timeoutMs: 240_000,
  });
  if (sent.exitCode !== 0) throw new Error(sent.stderr);
}

/** Messages from alice at that rate until it is disposed of. */
function arrive(sandbox: Sandbox, perSecond: number): Disposable {
  const child = spawn(process.execPath, [programFile, 'send', '--as', 'alice', '--to', 'bob'], {
    env: sandbox.env,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const startMs = systemClock.monotonicMs();
  let count = 0;
  const timer = systemClock.every(10, () => {
    const due = Math.floor(((systemClock.monotonicMs() - startMs) * perSecond) / 1000);
    for (; count < due; count += 1) child.stdin.write(`arrival ${count} while somebody types\n`);
  });
  return {
    [Symbol.dispose]() {
      timer.cancel();
      child.kill('SIGKILL');
    },
  };
}

/** Milliseconds, ascending. */
async function typeKeys(
  terminal: Awaited<ReturnType<typeof openControlTerminal>>,
  { keys, signal }: { keys: number; signal: AbortSignal },
): Promise<number[]> {
  const taken: number[] = [];
  let line = '';
  for (let index = 0; taken.length < keys; index += 1) {
    signal.throwIfAborted();
    if (line.length === lineLength) {
      terminal.press('C-u');
      line = '';
    }
    const letter = String.fromCharCode(97 + ((index * 7) % 26));
    line += letter;
    const ms = await terminal.type(letter, line);
    // A letter alone may stand in any message.
    if (line.length >= 6) taken.push(ms);
    await systemClock.sleep(keyEveryMs, signal);
  }
  return taken.toSorted((one, other) => one - other);
}
