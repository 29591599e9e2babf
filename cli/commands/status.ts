/**
 * `status`: what is true of a stack now. Exit code 3 when it does not run, 5 when it is not healthy.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { formatBytes, formatDuration } from '../output/units.ts';
import { inspectStack, refuseOrphan, type StackInspection } from '../stack/inspect-stack.ts';
import { notRunning } from '../stack/running-stack.ts';
import { listStackNames } from '../stack/stack-list.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, stackOption } from './options.ts';
import { healthData, nameArgument, serverTable } from './stack-text.ts';

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
  const { environment } = invocation;
  const found = await inspectStack(environment, name);
  refuseOrphan(found);
  const others = (await listStackNames(environment)).filter((other) => other !== name);
  return statusResult(invocation, found, others);
}

/** For `wait` too. */
export function statusResult(invocation: Invocation, found: StackInspection, others: readonly string[]): CommandResult {
  const failure = failureOf(found);
  const data = statusData(invocation, found, others);
  return { data, text: statusText(invocation, found, others), ...(failure === undefined ? {} : { failure }) };
}

function statusData({ environment }: Invocation, found: StackInspection, others: readonly string[]): object {
  const { name, condition, state, health, folders, memoryBytes } = found;
  const runs = isUp(found);
  return {
    name,
    condition,
    folder: folders.root,
    backends: state?.backends ?? null,
    version: state?.version ?? null,
    pid: runs ? (state?.pid ?? null) : null,
    startedAtMs: runs ? (state?.startedAtMs ?? null) : null,
    uptimeMs: runs && state !== undefined ? environment.clock.nowMs() - state.startedAtMs : null,
    memoryBytes: memoryBytes ?? null,
    servers: healthData(health),
    otherStacks: others,
  };
}

function statusText(invocation: Invocation, found: StackInspection, others: readonly string[]): string {
  const { environment, output } = invocation;
  const { name, state, health, memoryBytes, condition } = found;
  if (!isUp(found) || state === undefined) {
    return others.length === 0 ? '' : `other stacks: ${others.join(', ')}`;
  }
  const { colours } = output;
  const paint = condition === 'ready' ? colours.green : colours.red;
  const uptime = formatDuration(Math.max(0, environment.clock.nowMs() - state.startedAtMs));
  const memory = memoryBytes === undefined ? '' : `, memory ${formatBytes(memoryBytes)}`;
  return [
    `stack "${name}" is ${paint(condition)}: pid ${state.pid}, up ${uptime}${memory}, ${state.backends} engines, version ${state.version}`,
    '',
    serverTable(output, health),
    ...(others.length === 0 ? [] : ['', `other stacks: ${others.join(', ')}`]),
  ].join('\n');
}

function failureOf(found: StackInspection): CecochatError | undefined {
  const { name, condition, state, health } = found;
  switch (condition) {
    case 'ready':
      return undefined;
    case 'absent':
      return notRunning(name, 'was never started');
    case 'stopped':
      return notRunning(name, 'is stopped');
    case 'dead':
      return notRunning(name, `is not running: its process ${state?.pid} ended without a word`);
    case 'starting':
    case 'unhealthy': {
      const sick = health.filter((server) => server.state !== 'ready').map((server) => server.server.serverId);
      const what = sick.length === 0 ? 'is still starting' : `is not healthy: ${sick.join(', ')}`;
      return new CecochatError('stack.unhealthy', `stack "${name}" ${what}`, {
        hint: `cecochat logs${nameArgument(name)} --level warn`,
        data: { stack: name, servers: sick.join(',') },
      });
    }
  }
}

function isUp({ condition }: StackInspection): boolean {
  return condition === 'ready' || condition === 'starting' || condition === 'unhealthy';
}
