/**
 * `status`: what is true of a stack now. Exit code 3 when it does not run, 5 when it is not healthy.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { formatBytes, formatDuration } from '../output/units.ts';
import { inspectContainers, isContainerWell, type StackContainer } from '../stack/docker/inspect-containers.ts';
import { inspectStack, refuseOrphan, type StackInspection } from '../stack/inspect-stack.ts';
import { notRunning } from '../stack/running-stack.ts';
import { listStackNames } from '../stack/stack-list.ts';
import { countDeadLetters } from './dead-letters/count.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, stackOption } from './options.ts';
import { containerTable, healthData, nameArgument, serverTable } from './stack-text.ts';

export const statusCommand: CommandModule = {
  define(command, run) {
    command
      .description('Show state, address and health of each server. Exit code 3: not running, 5: not healthy.')
      .addOption(stackOption())
      .action((options: { readonly name: string }) => run((invocation) => status(invocation, options.name)));
    addExamples(command, [
      ['cecochat status', 'the stack "default"'],
      ['cecochat status --json', 'the same for programs'],
    ]);
  },
};

async function status(invocation: Invocation, name: string): Promise<CommandResult> {
  const { environment, output } = invocation;
  const found = await inspectStack(environment, name);
  refuseOrphan(found);
  const [names, deadLetters, { containers, fault }] = await Promise.all([
    listStackNames(environment),
    isUp(found) ? countDeadLetters(environment, name) : undefined,
    inspectContainers(environment, name),
  ]);
  if (fault !== undefined) output.warn(`nothing is known of its containers: ${fault}`);
  const others = names.filter((other) => other !== name);
  return statusResult(invocation, found, { others, deadLetters, containers });
}

interface Beside {
  /** Names of other stacks. */
  readonly others: readonly string[];
  /** How many; undefined when it is not known. */
  readonly deadLetters: number | undefined;
  readonly containers: readonly StackContainer[];
}

/** For `wait` too. */
export function statusResult(
  invocation: Invocation,
  inspected: StackInspection,
  beside: Beside = { others: [], deadLetters: undefined, containers: [] },
): CommandResult {
  const sick = sickContainers(beside.containers);
  const found =
    inspected.condition === 'ready' && sick.length > 0 ? { ...inspected, condition: 'unhealthy' as const } : inspected;
  const failure = failureOf(found, beside.containers);
  const data = statusData(invocation, found, beside);
  return { data, text: statusText(invocation, found, beside), ...(failure === undefined ? {} : { failure }) };
}

function statusData(
  { environment }: Invocation,
  found: StackInspection,
  { others, deadLetters, containers }: Beside,
): object {
  const { name, condition, state, health, folders, memoryBytes } = found;
  const runs = isUp(found);
  return {
    name,
    condition,
    folder: folders.root,
    backends: state?.backends ?? null,
    version: state?.version ?? null,
    pid: runs && state?.hosting === undefined ? (state?.pid ?? null) : null,
    startedAtMs: runs ? (state?.startedAtMs ?? null) : null,
    uptimeMs: runs && state !== undefined ? environment.clock.nowMs() - state.startedAtMs : null,
    memoryBytes: memoryBytes ?? null,
    servers: healthData(health, state),
    containers,
    deadLetters: deadLetters ?? null,
    otherStacks: others,
  };
}

function statusText(
  invocation: Invocation,
  found: StackInspection,
  { others, deadLetters = 0, containers }: Beside,
): string {
  const { environment, output } = invocation;
  const { name, state, health, memoryBytes, condition } = found;
  if (!isUp(found) || state === undefined) {
    return [
      ...(containers.length === 0 ? [] : [containerTable(output, containers)]),
      ...(others.length === 0 ? [] : [`other stacks: ${others.join(', ')}`]),
    ].join('\n\n');
  }
  const { colours } = output;
  const paint = condition === 'ready' ? colours.green : colours.red;
  const uptime = formatDuration(Math.max(0, environment.clock.nowMs() - state.startedAtMs));
  const memory = memoryBytes === undefined ? '' : `, memory ${formatBytes(memoryBytes)}`;
  return [
    `stack "${name}" is ${paint(condition)}: ${state.hosting === undefined ? `pid ${state.pid}` : 'in containers'}, up ${uptime}${memory}, ${state.backends} engines, version ${state.version}`,
    '',
    serverTable(output, health, state.processes),
    ...(containers.length === 0 ? [] : ['', containerTable(output, containers)]),
    ...(deadLetters === 0 ? [] : ['', colours.yellow(deadLettersText(deadLetters, name))]),
    ...(others.length === 0 ? [] : ['', `other stacks: ${others.join(', ')}`]),
  ].join('\n');
}

function deadLettersText(count: number, name: string): string {
  const what = count === 1 ? '1 dead letter: a record' : `${count} dead letters: records`;
  return `${what} that history could not take; see cecochat dead-letters list${nameArgument(name)}`;
}

function sickContainers(containers: readonly StackContainer[]): string[] {
  return containers.filter((container) => !isContainerWell(container)).map(({ part }) => part);
}

function failureOf(found: StackInspection, containers: readonly StackContainer[]): CecochatError | undefined {
  const { name, condition, state, health } = found;
  const left = containers.length === 0 ? '' : '; containers of it are there';
  switch (condition) {
    case 'ready':
      return undefined;
    case 'absent':
      return notRunning(
        name,
        containers.length === 0 ? 'was never started' : 'is not running: only containers of it are there',
      );
    case 'stopped':
      return notRunning(name, `is stopped${left}`);
    case 'dead':
      return notRunning(
        name,
        state?.hosting === 'containers'
          ? `is not running: none of its servers answers${left}`
          : `is not running: its process ${state?.pid} ended without a word${straysText(found)}${left}`,
      );
    case 'starting':
    case 'unhealthy': {
      const servers = health.filter((server) => server.state !== 'ready').map((server) => server.server.serverId);
      const sick = [...new Set([...servers, ...sickContainers(containers)])];
      const what = sick.length === 0 ? 'is still starting' : `is not healthy: ${sick.join(', ')}`;
      return new CecochatError('stack.unhealthy', `stack "${name}" ${what}`, {
        hint: `cecochat logs${nameArgument(name)} --level warn`,
        data: { stack: name, servers: sick.join(',') },
      });
    }
  }
}

function straysText({ strays }: StackInspection): string {
  const list = strays.map(({ serverId, pid }) => `${serverId} (${pid})`).join(', ');
  return strays.length === 0 ? '' : `, servers of it are still ending: ${list}`;
}

function isUp({ condition }: StackInspection): boolean {
  return condition === 'ready' || condition === 'starting' || condition === 'unhealthy';
}
