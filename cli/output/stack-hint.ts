/**
 * Hints as they are typed: what a server suggests does not know under which name the stack runs here.
 */

/** Every command that takes `--name <stack>`. */
export const stackCommands = [
  'up',
  'down',
  'reset',
  'status',
  'scale',
  'wait',
  'logs',
  'service run',
  'chat',
  'send',
  'listen',
  'history',
  ...['list', 'get', 'set', 'seed', 'validate', 'log', 'watch'].map((name) => `config ${name}`),
  ...['add', 'list', 'remove', 'password', 'access'].map((name) => `user ${name}`),
  ...['list', 'replay'].map((name) => `dead-letters ${name}`),
  'smoke',
  ...['messages', 'connections'].map((name) => `bench ${name}`),
] as const;

const call = new RegExp(`\\bcecochat (?:${stackCommands.join('|')})(?![\\w-])(?! --(?:name|help)\\b)`, 'g');

/** "cecochat user list shows all names" → "cecochat user list --name other shows all names". */
export function stackHint(hint: string, stackName: string | undefined): string {
  return stackName === undefined || stackName === 'default' ? hint : hint.replaceAll(call, `$& --name ${stackName}`);
}
