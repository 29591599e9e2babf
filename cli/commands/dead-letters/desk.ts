/**
 * The dead letters of a running stack, through the HTTP API of its materialize server.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { callHttp, field, numberField, textField } from '../../client/http-json.ts';
import { findRunningStack } from '../../stack/running-stack.ts';
import type { Environment } from '../environment.ts';

/** As `--json` prints it; int64 are decimal strings. */
export interface DeadLetter {
  readonly id: string;
  readonly partition: number;
  readonly incarnation: string;
  readonly offset: number;
  readonly reason: string;
  readonly atMs: number;
  readonly sizeBytes: number;
  readonly kind: string;
  readonly owners: readonly string[];
  readonly messageId: string | null;
  readonly chatId: string | null;
  readonly senderId: string | null;
}

export interface ReplayAnswer {
  readonly replayed: number;
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
  /** Null at the end. */
  readonly next: string | null;
}

export interface DeadLetterDesk {
  /** `next` is null at the end. */
  page(after: string | null, limit: number): Promise<{ total: number; letters: DeadLetter[]; next: string | null }>;
  replay(ids: readonly string[]): Promise<ReplayAnswer>;
  replayNext(after: string | null, limit: number): Promise<ReplayAnswer>;
}

/** Error: stack.not_running, stack.unhealthy. */
export async function openDeadLetterDesk(environment: Environment, name: string): Promise<DeadLetterDesk> {
  const { servers, adminToken: token } = await findRunningStack(environment, name);
  const { signal } = environment;
  const server = servers.find((each) => each.name === 'materialize');
  if (server === undefined) {
    throw new CecochatError('stack.unhealthy', `stack "${name}" has no materialize server, which knows dead letters`);
  }
  const url = `${server.httpAddress}/api/dead-letters`;
  const replay = async (body: object): Promise<ReplayAnswer> =>
    parseReplay(await callHttp({ url: `${url}/replay`, method: 'POST', token, body, signal }));
  return {
    async page(after, limit) {
      const query = new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) });
      const answer = await callHttp({ url: `${url}?${query.toString()}`, method: 'GET', token, signal });
      const letters = listIn(answer, 'deadLetters').map(parseLetter);
      return { total: numberField(answer, 'total') ?? letters.length, letters, next: nextIn(answer) };
    },
    replay: (ids) => replay({ ids }),
    replayNext: (after, limit) => replay({ limit, ...(after === null ? {} : { after }) }),
  };
}

function parseLetter(value: unknown): DeadLetter {
  const owners = listIn(value, 'owners');
  return {
    id: textField(value, 'id') ?? '',
    partition: numberField(value, 'partition') ?? 0,
    incarnation: textField(value, 'incarnation') ?? '',
    offset: numberField(value, 'offset') ?? 0,
    reason: textField(value, 'reason') ?? '',
    atMs: numberField(value, 'atMs') ?? 0,
    sizeBytes: numberField(value, 'sizeBytes') ?? 0,
    kind: textField(value, 'kind') ?? '',
    owners: owners.map(String),
    messageId: textField(value, 'messageId') ?? null,
    chatId: textField(value, 'chatId') ?? null,
    senderId: textField(value, 'senderId') ?? null,
  };
}

function parseReplay(answer: unknown): ReplayAnswer {
  const replayed = numberField(answer, 'replayed');
  if (replayed === undefined) {
    throw new CecochatError('internal', 'materialize answered something that is no result of a replay');
  }
  const refused = listIn(answer, 'refused').map((each) => ({
    id: textField(each, 'id') ?? '',
    reason: textField(each, 'reason') ?? '',
  }));
  return { replayed, refused, next: nextIn(answer) };
}

function nextIn(answer: unknown): string | null {
  return textField(answer, 'next') ?? null;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}
