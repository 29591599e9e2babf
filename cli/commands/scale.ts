/**
 * `scale`: another number of messaging servers for a running stack, without losing a message.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { formatDuration } from '../output/units.ts';
import { mostMessaging } from '../stack/ports.ts';
import { scaleStack, type Scaled } from '../stack/scale/scale-stack.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples, durationFlag, stackOption } from './options.ts';
import { nameArgument } from './stack-text.ts';

interface ScaleOptions {
  readonly name: string;
  readonly timeout: number;
}

export const scaleCommand: CommandModule = {
  define(command, run) {
    command
      .description(
        'Give a running stack another number of messaging servers: new ones are started and get their share of the partitions, surplus ones give theirs away and are stopped. Clients are moved, and nothing is lost.',
      )
      .argument('<server=count>', `messaging=1 to messaging=${mostMessaging}`)
      .addOption(stackOption())
      .addOption(durationFlag('--timeout <duration>', 'how long it may take', { min: 1, defaultMs: 60_000 }))
      .action((what: string, options: ScaleOptions) => run((invocation) => scale(invocation, what, options)));
    addExamples(command, [
      ['cecochat scale messaging=4', 'four messaging servers share the partitions of the stack "default"'],
      ['cecochat scale messaging=1 --name second', 'only one is left'],
    ]);
  },
};

async function scale(invocation: Invocation, what: string, { name, timeout }: ScaleOptions): Promise<CommandResult> {
  const { clock } = invocation.environment;
  const messaging = parseCount(what);
  const beganMs = clock.monotonicMs();
  const scaled = await scaleStack(invocation, { name, messaging, timeoutMs: timeout });
  const tookMs = Math.round(clock.monotonicMs() - beganMs);
  return { data: { name, messaging, ...scaled, tookMs }, text: scaleText({ name, messaging, tookMs }, scaled) };
}

function parseCount(what: string): number {
  const [, server, digits] = /^([a-z-]+)=(\d{1,4})$/.exec(what) ?? [];
  const count = Number(digits);
  if (server === 'messaging' && count >= 1 && count <= mostMessaging) return count;
  const why =
    server === undefined || server === 'messaging'
      ? `it must be messaging=COUNT, with 1 to ${mostMessaging}`
      : `only messaging can be scaled, not ${server}`;
  throw new CecochatError('usage.invalid', `argument "${what}": ${why}`, { hint: 'cecochat scale messaging=4' });
}

function scaleText(
  { name, messaging, tookMs }: { readonly name: string; readonly messaging: number; readonly tookMs: number },
  { started, stopped, moved }: Scaled,
): string {
  const servers = messaging === 1 ? '1 messaging server' : `${messaging} messaging servers`;
  if (started.length + stopped.length + moved === 0) return `stack "${name}" has ${servers} already`;
  const parts = [
    ...(started.length === 0 ? [] : [`${started.join(', ')} started`]),
    ...(stopped.length === 0 ? [] : [`${stopped.join(', ')} stopped`]),
    `${moved} partitions moved`,
  ];
  return `stack "${name}" has ${servers} after ${formatDuration(tookMs)}: ${parts.join(', ')}\nnext: cecochat status${nameArgument(name)}`;
}
