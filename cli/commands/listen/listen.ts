/**
 * `cecochat listen`: what was missed since the last time, then what comes, until it is stopped.
 */
import { resolve } from 'node:path';
import { Option } from 'commander';
import { CecochatError } from '../../../services/core/errors.ts';
import { openChatClient, type ClientStatus, type FeedEvent } from '../../client/chat-client.ts';
import { createFileCursorStore, createMemoryCursorStore, type CursorStore } from '../../client/cursor-store.ts';
import { asOption, openChatAccess } from '../chat-access/chat-access.ts';
import { createDeadline } from '../chat-access/deadline.ts';
import { messageJson, messageLine, receiptJson } from '../chat-access/message-view.ts';
import { visibleLine } from '../../terminal/text/visible-text.ts';
import { createNames, type Names } from '../chat-access/names.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, durationOption, integerOption, stackOption } from '../options.ts';
import { checkCursorFolder, namingCursorFile } from './cursor-file.ts';

interface ListenOptions {
  readonly as: string;
  readonly name: string;
  readonly since: 'last' | 'beginning' | 'now';
  readonly cursorFile?: string;
  readonly count?: number;
  readonly timeout?: number;
  readonly receipts?: boolean;
}

export const listenCommand: CommandModule = {
  define(command, run) {
    const since = new Option('--since <start>', 'last: what came after the last listen; the first time, everything')
      .choices(['last', 'beginning', 'now'])
      .default('last');
    command
      .description('Show missed messages first, then new ones as they come. Each message is confirmed as delivered.')
      .addOption(asOption())
      .addOption(since)
      .option('--cursor-file <path>', 'keep the place in the feed in this file, instead of the stack folder')
      .option('--count <number>', 'end after this many messages', integerOption({ min: 1 }))
      .option(
        '--timeout <duration>',
        'end after this time; with --count, fewer messages are a failure',
        durationOption({ min: 1 }),
      )
      .option('--receipts', 'show confirmations too (delivered, seen)')
      .addOption(stackOption())
      .action((options: ListenOptions) => run((invocation) => listen(invocation, options)));
    addExamples(command, [
      ['cecochat listen --as alice', 'follow the messages of alice'],
      ['cecochat listen --as alice --count 1 --timeout 10s --json', 'wait for one message, for scripts'],
    ]);
  },
};

async function listen({ environment, output }: Invocation, options: ListenOptions): Promise<CommandResult> {
  const { clock, random } = environment;
  const given = options.cursorFile === undefined ? undefined : resolve(environment.cwd, options.cursorFile);
  if (given !== undefined) await checkCursorFolder(given);
  let messages = 0;
  using deadline = createDeadline({
    clock,
    parent: environment.signal,
    timeoutMs: options.timeout,
    what: () => `${messages} of ${options.count ?? 0} messages came`,
  });
  const { signal } = deadline;
  const access = await openChatAccess({
    environment,
    stackName: options.name,
    userName: options.as,
    client: 'listen',
    signal: environment.signal,
  });
  const names = await createNames(environment, options.name);
  names.add(access.session.userId, access.session.name);
  const kept = given ?? access.cursorPath;
  const store: CursorStore = options.since === 'last' ? createFileCursorStore(kept) : createMemoryCursorStore();
  await using client = openChatClient({
    session: access.session,
    connectUrl: access.stack.connectUrl,
    clock,
    random,
    store,
    start: options.since === 'now' ? 'now' : 'beginning',
    onStatus: (status) => tell(status, (line) => output.progress(line)),
  });
  try {
    for await (const event of client.events(signal)) {
      if (event.event?.$case === 'message' || options.receipts === true) await output.event(view(event, names));
      if (event.event?.$case !== 'message') continue;
      messages += 1;
      if (messages !== options.count) continue;
      client.taken(event);
      break;
    }
  } catch (error) {
    // Without a count, the time that was asked for is over: that is no failure.
    const over = error instanceof CecochatError && error.code === 'timed.out' && options.count === undefined;
    if (!over) throw options.since === 'last' ? namingCursorFile(error, kept) : error;
  }
  await client.close(environment.signal);
  return { data: { messages } };
}

function view({ event, from }: FeedEvent, names: Names): { event: string; data: object; text?: string } {
  switch (event?.$case) {
    case 'message':
      return {
        event: 'message',
        data: { ...messageJson(event.value), from },
        text: messageLine(event.value, names.of),
      };
    case 'receipt': {
      const { readerId, chatId, deliveredUpTo, seenUpTo } = event.value;
      const upTo = `up to ${deliveredUpTo}, saw it up to ${seenUpTo}`;
      const text = `${visibleLine(names.of(readerId))} received chat ${visibleLine(chatId)} ${upTo}`;
      return { event: 'receipt', data: receiptJson(event.value), text };
    }
    case 'ack': {
      const { key, messageId, chatId } = event.value;
      return { event: 'ack', data: { key, messageId: String(messageId), chatId } };
    }
    case undefined:
      return { event: 'unknown', data: {} };
  }
}

function tell(status: ClientStatus, progress: (line: string) => void): void {
  if (status.kind === 'waiting')
    progress(`connection lost (${status.error.message}); again in ${Math.ceil(status.delayMs)} ms`);
}
