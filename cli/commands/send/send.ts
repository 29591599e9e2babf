/**
 * `cecochat send`: one message from the arguments, or one a line from standard input. Done means durable.
 */
import { openChatClient } from '../../client/chat-client.ts';
import { sendOnce } from '../../client/send-once.ts';
import { textContent } from '../../client/sender.ts';
import { asOption, openChatAccess, type ChatAccess } from '../chat-access/chat-access.ts';
import { createDeadline } from '../chat-access/deadline.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, durationOption, stackOption } from '../options.ts';
import { checkText, mostTextBytes, readLines } from './lines.ts';
import { sendLines } from './send-lines.ts';
import { counted, stopped } from './stopped.ts';
import { createWaiting, type Waiting } from './waiting.ts';

interface SendOptions {
  readonly as: string;
  readonly to: string;
  readonly name: string;
  readonly timeout?: number;
}

const oneTimeoutMs = 30_000;

export const sendCommand: CommandModule = {
  define(command, run) {
    command
      .description(
        `Send a message, or each line of standard input as one. Done means: on disk at the server. A message has at most ${mostTextBytes} bytes of UTF-8. Empty lines are passed over; the first line that is too long or no UTF-8 ends the sending, after the lines before it.`,
      )
      .argument('[text...]', 'the message; without it, standard input, one message a line')
      .addOption(asOption())
      .requiredOption('--to <user>', 'name or id of the receiver')
      .option(
        '--timeout <duration>',
        'give up after this time (30s for one message, none for lines)',
        durationOption({ min: 1 }),
      )
      .addOption(stackOption())
      .action((words: string[], options: SendOptions) => run((invocation) => send(invocation, words, options)));
    addExamples(command, [
      ['cecochat send --as bob --to alice "hello"', 'send one message'],
      ['cat file | cecochat send --as bob --to alice', 'send every line of a file, in order'],
    ]);
  },
};

async function send(invocation: Invocation, words: readonly string[], options: SendOptions): Promise<CommandResult> {
  const { environment } = invocation;
  const text = words.length === 0 ? undefined : words.join(' ');
  if (text !== undefined) checkText(text, 'the message');
  const waiting = createWaiting((line) => invocation.output.progress(line), options.name);
  let unsettled = 'the message was not acknowledged; it may arrive all the same';
  // Awaited below: the timer lives until this scope ends.
  using deadline = createDeadline({
    clock: environment.clock,
    parent: environment.signal,
    timeoutMs: options.timeout ?? (text === undefined ? undefined : oneTimeoutMs),
    what: () => `${unsettled}${waiting.suffix}`,
  });
  const { signal } = deadline;
  const access = await openChatAccess({
    environment,
    stackName: options.name,
    userName: options.as,
    client: 'send',
    signal,
  });
  if (text !== undefined) return await sendText({ invocation, access, to: options.to, text, signal, waiting });
  unsettled = 'not every line was acknowledged';
  return await sendInput({ invocation, access, to: options.to, signal, waiting });
}

async function sendText(one: {
  invocation: Invocation;
  access: ChatAccess;
  to: string;
  text: string;
  signal: AbortSignal;
  waiting: Waiting;
}): Promise<CommandResult> {
  const { invocation, access, signal } = one;
  const { clock, random } = invocation.environment;
  const to = await access.userId(one.to);
  const content = textContent(one.text);
  const { session, stack } = access;
  const { connectUrl } = stack;
  const onWait = one.waiting.because;
  const answer = await sendOnce({ session, connectUrl, to, content, clock, random, signal, onWait });
  const id = String(answer.messageId);
  return {
    data: { sent: 1, chatId: answer.chatId, firstMessageId: id, lastMessageId: id, key: answer.key },
    text: `sent to ${one.to} as message ${id}`,
  };
}

async function sendInput(many: {
  invocation: Invocation;
  access: ChatAccess;
  to: string;
  signal: AbortSignal;
  waiting: Waiting;
}): Promise<CommandResult> {
  const { invocation, access, signal } = many;
  const { clock, random, stdin } = invocation.environment;
  const { output } = invocation;
  const to = await access.userId(many.to);
  const { stack } = access;
  const session = await access.bulkSession(signal);
  if (stdin.isTTY === true) output.progress('one message a line; end with Ctrl-D');
  await using client = openChatClient({
    session,
    connectUrl: stack.connectUrl,
    clock,
    random,
    deliveries: 'ignore',
    onStatus: (status) => many.waiting.because(status.kind === 'waiting' ? status.error : undefined),
    signal,
  });
  const startedMs = clock.monotonicMs();
  const lines = await sendLines({
    client,
    to,
    lines: readLines(stdin),
    signal,
    accepted: async (line, { messageId, key }) => {
      const data = { line: line.number, messageId: String(messageId), key };
      if (output.json) await output.event({ event: 'sent', data });
    },
  });
  const tookMs = Math.round(clock.monotonicMs() - startedMs);
  const { sent, first, last, failure } = lines;
  return {
    data: {
      sent,
      chatId: first?.chatId ?? null,
      firstMessageId: first === undefined ? null : String(first.messageId),
      lastMessageId: last === undefined ? null : String(last.messageId),
      key: null,
      tookMs,
    },
    ...(failure === undefined
      ? { text: `sent ${counted(sent)} to ${many.to} in ${(tookMs / 1000).toFixed(2)} s` }
      : { failure: stopped(failure, lines) }),
  };
}
