/**
 * `config`: the dynamic configuration of a running stack, through its configurator.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { formatTable, type Cell } from '../../output/table.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, examplesText, integerOption, stackOption } from '../options.ts';
import { parseAssignments } from './assignments.ts';
import {
  openConfigurator,
  type ConfigFault,
  type ConfigLogEntry,
  type ConfigState,
  type ConfigValue,
} from './configurator.ts';
import { configReference } from './reference.ts';
import { missingValues } from './seed.ts';

interface StackChoice {
  readonly name: string;
}

const setExamples = [
  ['cecochat config set history.user.message-count=50', 'change one key'],
  [
    'cecochat config set partitioning.server-partitions.s1=0-99 partitioning.server-partitions.s2=100-359',
    'move partitions between messaging servers; clients follow by themselves',
  ],
] as const;

export const configCommand: CommandModule = {
  define(command, run) {
    command.description('Read and change the dynamic configuration of a running stack; servers take it over at once.');
    addExamples(command, [['cecochat config list', 'all keys and values'], ...setExamples]);
    command
      .command('list')
      .description('All keys and values.')
      .addOption(stackOption())
      .action((options: StackChoice) => run((invocation) => list(invocation, options.name)));
    command
      .command('get')
      .argument('<key>', 'which key, like history.user.message-count')
      .description('One value. Exit code 1 when the key is not set.')
      .addOption(stackOption())
      .action((key: string, options: StackChoice) => run((invocation) => get(invocation, key, options.name)));
    command
      .command('set')
      .argument('<key=value...>', 'key=value, key.field=value for a field of a hash; an empty value removes')
      .description('Change one or more keys as one atomic step, after validating them together.')
      .addOption(stackOption())
      .action((texts: string[], options: StackChoice) => run((invocation) => set(invocation, texts, options.name)))
      .addHelpText('after', examplesText(setExamples));
    command
      .command('validate')
      .argument('[key=value...]', 'what would be changed; nothing: the present values')
      .description('Say what `set` would say, and change nothing.')
      .addOption(stackOption())
      .action((texts: string[], options: StackChoice) =>
        run((invocation) => validate(invocation, texts, options.name)),
      );
    command
      .command('log')
      .description('Who changed what, newest first.')
      .option('--limit <count>', 'how many changes', integerOption({ min: 1, max: 1000 }), 20)
      .addOption(stackOption())
      .action((options: StackChoice & { readonly limit: number }) => run((invocation) => log(invocation, options)));
    command
      .command('watch')
      .description('Print each change as it happens, until Ctrl-C.')
      .addOption(stackOption())
      .action((options: StackChoice) => run((invocation) => watch(invocation, options.name)));
    command
      .command('seed')
      .description('Set what is missing to its default; keep what is there. `up` does it by itself.')
      .addOption(stackOption())
      .action((options: StackChoice) => run((invocation) => seed(invocation, options.name)));
    command
      .command('reference')
      .description(
        'All settings of the servers and all keys of the dynamic configuration, with type, default and meaning.',
      )
      .option('--markdown', 'as the tables of the README')
      .action((options: { markdown?: true }) => run(() => configReference(options)));
  },
};

async function list({ environment, output }: Invocation, name: string): Promise<CommandResult> {
  const state = await (await openConfigurator(environment, name)).read();
  return { data: state, text: `${valuesTable(state)}\n${output.colours.dim(`version ${state.version}`)}` };
}

async function get({ environment }: Invocation, key: string, name: string): Promise<CommandResult> {
  const { version, values } = await (await openConfigurator(environment, name)).read();
  const value = values[key];
  if (value === undefined) {
    const known = Object.keys(values).join(', ');
    throw new CecochatError('not.found', `configuration key "${key}" is not set`, {
      hint: `cecochat config list (set: ${known})`,
    });
  }
  return { data: { key, value, version }, text: shown(value) };
}

async function set(
  { environment, output }: Invocation,
  texts: readonly string[],
  name: string,
): Promise<CommandResult> {
  const configurator = await openConfigurator(environment, name);
  const present = await configurator.read();
  const values = parseAssignments(texts, present.values);
  const applied = await configurator.apply({ expectedVersion: present.version, values });
  applied.warnings.forEach((warning) => output.warn(faultText(warning)));
  return { data: applied, text: applied.change === null ? 'nothing to change' : changeText(applied.change) };
}

async function validate(
  { environment, output }: Invocation,
  texts: readonly string[],
  name: string,
): Promise<CommandResult> {
  const configurator = await openConfigurator(environment, name);
  const values = parseAssignments(texts, (await configurator.read()).values);
  const { faults, warnings } = await configurator.validate(values);
  warnings.forEach((warning) => output.warn(faultText(warning)));
  const data = { valid: faults.length === 0, faults, warnings };
  if (faults.length === 0) {
    return { data, text: 'valid' };
  }
  const failure = new CecochatError('config.invalid', `${faults.length} of the values cannot be used`);
  return { data, text: faults.map(faultText).join('\n'), failure };
}

async function log(
  { environment }: Invocation,
  { name, limit }: { name: string; limit: number },
): Promise<CommandResult> {
  const changes = await (await openConfigurator(environment, name)).log(limit);
  return { data: { changes }, text: changes.map(changeText).join('\n') };
}

async function watch({ environment, output }: Invocation, name: string): Promise<CommandResult> {
  const configurator = await openConfigurator(environment, name);
  let before: ConfigState | undefined;
  let seen = 0;
  for await (const state of configurator.watch()) {
    const text = before === undefined ? `version ${state.version}, watching` : differenceText(before, state);
    await output.event({ event: 'config', data: state, text });
    before = state;
    seen += 1;
  }
  environment.signal.throwIfAborted();
  return { data: { name, events: seen } };
}

async function seed({ environment }: Invocation, name: string): Promise<CommandResult> {
  const configurator = await openConfigurator(environment, name);
  const present = await configurator.read();
  const values = missingValues(present.values, configurator.stack.servers);
  const keys = Object.keys(values);
  if (keys.length > 0) {
    await configurator.apply({ expectedVersion: present.version, values });
  }
  return {
    data: { seeded: keys },
    text: keys.length === 0 ? 'nothing is missing' : keys.map((key) => `seeded ${key}`).join('\n'),
  };
}

function valuesTable({ values }: ConfigState): string {
  return formatTable(
    Object.keys(values)
      .toSorted()
      .map((key): (string | Cell)[] => [key, shown(values[key] ?? '')]),
  );
}

function shown(value: ConfigValue): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([field, text]) => `${field}=${text}`)
        .join(' ');
}

function faultText({ key, value, reason }: ConfigFault): string {
  return `${key}: "${value}" ${reason}`;
}

function changeText({ version, atMs, author, entries }: ConfigLogEntry): string {
  const when = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' }).format(atMs);
  const lines = entries.map(({ key, before, after }) => `  ${key}: ${shownOr(before)} → ${shownOr(after)}`);
  return [`version ${version}  ${when}  ${author}`, ...lines].join('\n');
}

function shownOr(value: ConfigValue | null): string {
  return value === null ? '(none)' : shown(value);
}

function differenceText(before: ConfigState, after: ConfigState): string {
  const keys = new Set([...Object.keys(before.values), ...Object.keys(after.values)]);
  const lines = [...keys].flatMap((key) => {
    const [was, is] = [before.values[key] ?? null, after.values[key] ?? null];
    return shownOr(was) === shownOr(is) ? [] : [`  ${key}: ${shownOr(was)} → ${shownOr(is)}`];
  });
  return [`version ${after.version}`, ...lines].join('\n');
}
