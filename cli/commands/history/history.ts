/**
 * `cecochat history`: one dialog, everything of a user, the list of chats, or what a key became.
 */
import { Option } from 'commander';
import { CecochatError } from '../../../services/core/errors.ts';
import { parseDialog, dialogOf, partnerIn } from '../../../services/core/chat-id.ts';
import { parseSendKey } from '../../../services/core/ids.ts';
import type { ChatSummary } from '../../../protos/gen/cecochat/v1/history.ts';
import type { Event, Message } from '../../../protos/gen/cecochat/v1/message.ts';
import { discover } from '../../client/discovery.ts';
import { createHistory, type History } from '../../client/history.ts';
import { asOption, openChatAccess, type ChatAccess } from '../chat-access/chat-access.ts';
import { messageJson, messageLine, receiptJson } from '../chat-access/message-view.ts';
import { visibleLine } from '../../terminal/text/visible-text.ts';
import { createNames, type Names } from '../chat-access/names.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, integerOption, stackOption } from '../options.ts';
import { collectPages } from './pages.ts';

interface HistoryOptions {
  readonly as: string;
  readonly name: string;
  readonly with?: string;
  readonly key?: string;
  readonly chats?: boolean;
  readonly all?: boolean;
  readonly limit: number;
}

interface Asking {
  readonly history: History;
  readonly access: ChatAccess;
  readonly names: Names;
  readonly most: number;
  readonly signal: AbortSignal;
}

export const historyCommand: CommandModule = {
  define(command, run) {
    command
      .description('Show what was said: people read it oldest first, --json gives the newest first.')
      .addOption(asOption())
      .option('--with <user>', 'only the dialog with this user (name or id)')
      .option('--chats', 'list the chats, the most recently active first')
      .option('--key <key>', 'the message that this send key became')
      .addOption(
        new Option('--limit <number>', 'at most this many messages (or chats), from the newest')
          .argParser(integerOption({ min: 1 }))
          .default(50)
          .conflicts('all'),
      )
      .option('--all', 'everything there is')
      .addOption(stackOption())
      .action((options: HistoryOptions) => run((invocation) => showHistory(invocation, options)));
    addExamples(command, [
      ['cecochat history --as alice --with bob', 'the last messages of a dialog'],
      ['cecochat history --as alice --all --json', 'everything that concerns alice'],
      ['cecochat history --as alice --chats', 'her chats'],
    ]);
  },
};

async function showHistory({ environment }: Invocation, options: HistoryOptions): Promise<CommandResult> {
  const { clock, random, signal } = environment;
  const kinds = [options.with !== undefined, options.key !== undefined, options.chats === true];
  if (kinds.filter(Boolean).length > 1) {
    throw new CecochatError('usage.invalid', 'give one of --with, --key and --chats', {
      hint: 'cecochat history --help',
    });
  }
  const access = await openChatAccess({
    environment,
    stackName: options.name,
    userName: options.as,
    client: 'history',
    signal,
  });
  const { session, stack } = access;
  const token = await session.accessToken(signal);
  const { historyAddress } = await discover({ connectUrl: stack.connectUrl, token, signal });
  const names = await createNames(environment, options.name);
  names.add(session.userId, session.name);
  await using history = createHistory({ address: historyAddress, session, clock, random });
  const most = options.all === true ? Number.POSITIVE_INFINITY : options.limit;
  const asking: Asking = { history, access, names, most, signal };
  if (options.key !== undefined) return await showKey(asking, options.key);
  if (options.chats === true) return await showChats(asking);
  if (options.with !== undefined) return await showDialog(asking, options.with);
  return await showUser(asking);
}

async function showDialog({ history, access, names, most, signal }: Asking, partner: string): Promise<CommandResult> {
  const partnerId = await access.userId(partner);
  names.add(partnerId, partner);
  const dialog = dialogOf(access.session.userId, partnerId);
  if (dialog === undefined) {
    throw new CecochatError('request.invalid', `${partner} has no dialog with himself`);
  }
  const { chatId } = dialog;
  const { rows, end } = await collectPages<Message>(most, async (last, limit) => {
    const before = last === undefined ? {} : { before: last.order };
    const page = await history.dialog({ chatId, limit, signal, ...before });
    return { rows: page.messages, end: page.end };
  });
  return {
    data: { chatId, messages: rows.map(messageJson), end },
    text: linesOf(rows, names),
  };
}

async function showUser({ history, names, most, signal }: Asking): Promise<CommandResult> {
  const isMessage = ({ event }: Event): boolean => event?.$case === 'message';
  const { rows, end } = await collectPages<Event>(
    most,
    async (last, limit) => {
      const before = last === undefined ? {} : { before: last.cursor };
      const page = await history.user({ limit, signal, ...before });
      return { rows: page.events, end: page.end };
    },
    isMessage,
  );
  const messages = rows.flatMap(({ event }) => (event?.$case === 'message' ? [event.value] : []));
  return { data: { events: rows.map(eventJson), end }, text: linesOf(messages, names) };
}

async function showChats({ history, access, names, most, signal }: Asking): Promise<CommandResult> {
  const { rows, end } = await collectPages<ChatSummary>(most, async (last, limit) => {
    const before = last?.lastMessage === undefined ? {} : { before: last.lastMessage.order };
    const page = await history.chats({ limit, signal, ...before });
    return { rows: page.chats, end: page.end };
  });
  const partner = (chatId: string): string => {
    const dialog = parseDialog(chatId);
    const other = dialog === undefined ? undefined : partnerIn(dialog, access.session.userId);
    return visibleLine(other === undefined ? chatId : names.of(other));
  };
  return {
    data: {
      chats: rows.map((chat) => ({
        chatId: chat.chatId,
        lastMessage: chat.lastMessage === undefined ? null : messageJson(chat.lastMessage),
        receipts: chat.receipts.map(receiptJson),
      })),
      end,
    },
    text: rows
      .map(({ chatId, lastMessage }) =>
        lastMessage === undefined ? partner(chatId) : `${partner(chatId)}: ${messageLine(lastMessage, names.of)}`,
      )
      .join('\n'),
  };
}

async function showKey({ history, names, signal }: Asking, text: string): Promise<CommandResult> {
  const key = parseSendKey(text);
  if (key === undefined) {
    throw new CecochatError('usage.invalid', `"${text}" is no send key: it must be a UUIDv7 in lower case`);
  }
  const { message } = await history.byKey({ key, signal });
  if (message === undefined) {
    throw new CecochatError('not.found', `the key ${key} became no message of this user`);
  }
  return { data: { message: messageJson(message) }, text: messageLine(message, names.of) };
}

function eventJson({ event }: Event): object {
  if (event?.$case === 'message') return { event: 'message', ...messageJson(event.value) };
  if (event?.$case === 'receipt') return { event: 'receipt', ...receiptJson(event.value) };
  return { event: 'unknown' };
}

/** Oldest first, as a chat is read. */
function linesOf(newestFirst: readonly Message[], names: Names): string {
  return newestFirst
    .toReversed()
    .map((message) => messageLine(message, names.of))
    .join('\n');
}
