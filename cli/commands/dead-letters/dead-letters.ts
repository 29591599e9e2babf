/**
 * `dead-letters`: records that history could not take, and writing them into it after all.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { formatTable, type Cell } from '../../output/table.ts';
import { formatBytes } from '../../output/units.ts';
import type { CommandModule, CommandResult, Invocation } from '../command.ts';
import { addExamples, integerOption, stackOption } from '../options.ts';
import { nameArgument } from '../stack-text.ts';
import { openDeadLetterDesk, type DeadLetter, type DeadLetterDesk, type ReplayAnswer } from './desk.ts';

interface ListOptions {
  readonly name: string;
  readonly limit: number;
}

interface ReplayOptions {
  readonly name: string;
  readonly all?: true;
}

/** Of one call of the API. */
const mostIds = 100;
const pageSize = 100;

export const deadLettersCommand: CommandModule = {
  define(command, run) {
    command.description(
      'Records that history could not take, set aside with the reason: list them, and write them into history after all.',
    );
    addExamples(command, [
      ['cecochat dead-letters list', 'what was set aside, and why'],
      ['cecochat dead-letters replay --all', 'once the reason is gone'],
    ]);
    command
      .command('list')
      .description('What was set aside, and why, in the order of the log.')
      .option('--limit <count>', 'how many at most', integerOption({ min: 1, max: 1_000_000 }), 100)
      .addOption(stackOption())
      .action((options: ListOptions) => run((invocation) => list(invocation, options)));
    command
      .command('replay')
      .argument('[id...]', 'which ones, as `list` names them')
      .description(
        'Write dead letters into history. Those that it takes are none any more; exit code 1 when not all are.',
      )
      .option('--all', 'all there are')
      .addOption(stackOption())
      .action((ids: string[], options: ReplayOptions) => run((invocation) => replay(invocation, ids, options)));
  },
};

async function list({ environment, output }: Invocation, { name, limit }: ListOptions): Promise<CommandResult> {
  const desk = await openDeadLetterDesk(environment, name);
  const deadLetters: DeadLetter[] = [];
  let total = 0;
  let after: string | null = null;
  do {
    const page = await desk.page(after, Math.min(pageSize, limit - deadLetters.length));
    deadLetters.push(...page.letters);
    total = page.total;
    after = page.next;
  } while (after !== null && deadLetters.length < limit);
  const shown = output.colours.dim(`${deadLetters.length} of ${total}`);
  const text = total === 0 ? 'no dead letters' : `${table(deadLetters, output.colours.dim)}\n${shown}`;
  return { data: { total, deadLetters }, text };
}

function table(letters: readonly DeadLetter[], dim: (text: string) => string): string {
  const header = ['id', 'set aside', 'record', 'size', 'chat', 'reason'].map((text): Cell => ({ text, paint: dim }));
  const when = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
  const rows = letters.map(({ id, atMs, kind, sizeBytes, chatId, reason }) => {
    return [id, when.format(atMs), kind, formatBytes(sizeBytes), chatId ?? '', reason];
  });
  return formatTable([header, ...rows]);
}

async function replay(
  { environment }: Invocation,
  ids: readonly string[],
  { name, all }: ReplayOptions,
): Promise<CommandResult> {
  if (ids.length > 0 === (all === true)) {
    throw new CecochatError('usage.invalid', 'give the ids of dead letters, or --all', {
      hint: `cecochat dead-letters list${nameArgument(name)}`,
    });
  }
  const desk = await openDeadLetterDesk(environment, name);
  const { replayed, refused } = collect(all === true ? await replayAll(desk) : await replayThese(desk, ids));
  const data = { replayed, refused };
  const lines = refused.map(({ id, reason }) => `${id}: ${reason}`);
  const text = [`replayed ${replayed}`, ...lines].join('\n');
  if (refused.length === 0) {
    return { data, text };
  }
  const failure = new CecochatError('history.refused', `history still refuses ${refused.length} of them`, {
    hint: 'remove the reason (raise engines.historyRowBytes where it is the size), then replay again',
  });
  return { data, text, failure };
}

async function replayThese(desk: DeadLetterDesk, ids: readonly string[]): Promise<readonly ReplayAnswer[]> {
  const answers: ReplayAnswer[] = [];
  for (let from = 0; from < ids.length; from += mostIds)
    answers.push(await desk.replay(ids.slice(from, from + mostIds)));
  return answers;
}

async function replayAll(desk: DeadLetterDesk): Promise<readonly ReplayAnswer[]> {
  const answers: ReplayAnswer[] = [];
  let after: string | null = null;
  do {
    const answer = await desk.replayNext(after, pageSize);
    answers.push(answer);
    after = answer.next;
  } while (after !== null);
  return answers;
}

function collect(answers: readonly ReplayAnswer[]): Pick<ReplayAnswer, 'replayed' | 'refused'> {
  return {
    replayed: answers.reduce((sum, answer) => sum + answer.replayed, 0),
    refused: answers.flatMap(({ refused }) => refused),
  };
}
