/**
 * `user`: the accounts of a running stack, through profile's administration API.
 */
import type { Command } from 'commander';
import { CecochatError } from '../../services/core/errors.ts';
import { canonicalUserName, checkUserName, userNameRule } from '../../services/core/user-name.ts';
import { callHttp, field, textField } from '../client/http-json.ts';
import { formatTable } from '../output/table.ts';
import { findRunningStack } from '../stack/running-stack.ts';
import { stackFolders } from '../stack/folders.ts';
import { changeSecrets } from '../stack/state.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, stackOption } from './options.ts';
import { readNewPassword } from './password.ts';
import { userAccess } from './user-access.ts';

interface UserOptions {
  readonly name: string;
  readonly generate?: true;
  readonly id?: string;
}

export const userCommand: CommandModule = {
  define(command, run) {
    command.description('Add, list and remove users, change passwords, get access for another client.');
    addExamples(command, [
      ['cecochat user add carol', 'asks for the password'],
      ['cecochat user add carol --generate', 'makes one and prints it'],
      ['echo "$SECRET" | cecochat user password carol', 'password from standard input; CECOCHAT_PASSWORD works too'],
      ['eval "$(cecochat user access bob)"', 'sets token, messaging, history and key, for grpcurl'],
    ]);
    withPassword(command.command('add'))
      .argument('<user>', 'name of the new user')
      .description(`Add a user. ${userNameRule}`)
      .option('--id <number>', 'its user id; without it one is assigned')
      .action((user: string, options: UserOptions) => run((invocation) => add(invocation, user, options)));
    command
      .command('list')
      .description('All users, by name.')
      .addOption(stackOption())
      .action((options: UserOptions) => run((invocation) => list(invocation, options)));
    command
      .command('remove')
      .argument('<user>', 'whom to remove')
      .description('Remove a user; what they wrote stays with those they wrote to.')
      .addOption(stackOption())
      .action((user: string, options: UserOptions) => run((invocation) => remove(invocation, user, options)));
    withPassword(command.command('password'))
      .argument('<user>', 'whose password')
      .description('Set a new password.')
      .action((user: string, options: UserOptions) => run((invocation) => changePassword(invocation, user, options)));
    command
      .command('access')
      .argument('<user>', 'whose access')
      .description('Access token, addresses and a new send key, as shell variables.')
      .addOption(stackOption())
      .action((user: string, options: UserOptions) => run((invocation) => userAccess(invocation, user, options.name)));
  },
};

function withPassword(command: Command): Command {
  return command
    .addOption(stackOption())
    .option('--generate', 'make a random password, print it once and keep it for --as on this machine');
}

async function add(invocation: Invocation, user: string, options: UserOptions): Promise<CommandResult> {
  // Before anybody types a password for it.
  checkUserName(user);
  const { api, token, signal } = await openApi(invocation, options.name);
  const password = await readNewPassword(invocation.environment, options.generate === true);
  const body = { name: user, password, ...(options.id === undefined ? {} : { userId: options.id }) };
  const answer = await callHttp({ url: api, method: 'POST', token, body, signal });
  const name = textField(answer, 'name') ?? user;
  const userId = textField(answer, 'userId') ?? '';
  const generated = await keepGenerated(invocation, { name, userId, password }, options);
  return {
    data: { name, userId, password: generated },
    text: `added ${name} with id ${userId}${generatedText(generated)}`,
  };
}

async function changePassword(invocation: Invocation, user: string, options: UserOptions): Promise<CommandResult> {
  const { api, token, signal } = await openApi(invocation, options.name);
  const password = await readNewPassword(invocation.environment, options.generate === true);
  const url = `${api}/${encodeURIComponent(user)}/password`;
  const answer = await callHttp({ url, method: 'PUT', token, body: { password }, signal });
  const name = textField(answer, 'name') ?? user;
  const userId = textField(answer, 'userId') ?? '';
  const generated = await keepGenerated(invocation, { name, userId, password }, options);
  return { data: { name, password: generated }, text: `changed the password of ${name}${generatedText(generated)}` };
}

async function remove(invocation: Invocation, user: string, { name: stack }: UserOptions): Promise<CommandResult> {
  const { environment } = invocation;
  const { api, token, signal } = await openApi(invocation, stack);
  await callHttp({ url: `${api}/${encodeURIComponent(user)}`, method: 'DELETE', token, signal });
  const gone = canonicalUserName(user);
  await changeSecrets(stackFolders(environment, stack), (users) => users.filter(({ name }) => name !== gone));
  return { data: { name: user }, text: `removed ${user}` };
}

const pageSize = 1000;

async function list(invocation: Invocation, { name: stack }: UserOptions): Promise<CommandResult> {
  const { api, token, signal } = await openApi(invocation, stack);
  const users: { name: string; userId: string }[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(pageSize), ...(after === undefined ? {} : { after }) });
    const answer = await callHttp({ url: `${api}?${query.toString()}`, method: 'GET', token, signal });
    const page = parseUsers(answer);
    users.push(...page);
    after = page.length < pageSize ? undefined : page.at(-1)?.name;
  } while (after !== undefined);
  return { data: { users }, text: formatTable([['name', 'id'], ...users.map((user) => [user.name, user.userId])]) };
}

async function openApi(
  { environment }: Invocation,
  stack: string,
): Promise<{ api: string; token: string; signal: AbortSignal }> {
  const { profileUrl, adminToken } = await findRunningStack(environment, stack);
  return { api: `${profileUrl}/api/users`, token: adminToken, signal: environment.signal };
}

/** A typed password is the user's own affair; a made one would be lost. The made one, or null. */
async function keepGenerated(
  { environment }: Invocation,
  user: { readonly name: string; readonly userId: string; readonly password: string },
  options: UserOptions,
): Promise<string | null> {
  const kept = options.generate === true;
  await changeSecrets(stackFolders(environment, options.name), (users) => {
    const known = users.find((other) => other.name === user.name);
    const others = users.filter((other) => other.name !== user.name);
    // A known password that was changed is wrong from now on, so it is replaced either way.
    return kept || known !== undefined ? [...others, { ...user, userId: user.userId || (known?.userId ?? '') }] : users;
  });
  return kept ? user.password : null;
}

function generatedText(password: string | null): string {
  return password === null ? '' : `; password: ${password}`;
}

function parseUsers(answer: unknown): { name: string; userId: string }[] {
  const users = Array.isArray(answer) ? answer : field(answer, 'users');
  if (!Array.isArray(users)) {
    throw new CecochatError('internal', 'profile answered something that is no list of users');
  }
  return users.map((user: unknown) => ({
    name: textField(user, 'name') ?? '',
    userId: textField(user, 'userId') ?? '',
  }));
}
