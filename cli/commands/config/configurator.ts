/**
 * The configurator's HTTP API, for `config`.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { callHttp, field, numberField, textField } from '../../client/http-json.ts';
import { findRunningStack, type StackAccess } from '../../stack/running-stack.ts';
import type { Environment } from '../environment.ts';

export type ConfigValue = string | Readonly<Record<string, string>>;

export interface ConfigState {
  readonly version: number;
  readonly values: Readonly<Record<string, ConfigValue>>;
}

/** null removes a key. */
export type ConfigValues = Readonly<Record<string, ConfigValue | null>>;

export interface ConfigFault {
  readonly key: string;
  readonly value: string;
  readonly reason: string;
}

export interface ConfigLogEntry {
  readonly version: number;
  readonly atMs: number;
  readonly author: string;
  readonly entries: readonly {
    readonly key: string;
    readonly before: ConfigValue | null;
    readonly after: ConfigValue | null;
  }[];
}

export interface AppliedChange {
  readonly version: number;
  /** null when everything was so already. */
  readonly change: ConfigLogEntry | null;
  readonly warnings: readonly ConfigFault[];
}

export interface Configurator {
  readonly stack: StackAccess;
  read(): Promise<ConfigState>;
  /** Error: config.invalid with all faults, config.refused, config.conflict. */
  apply(change: { readonly expectedVersion: number; readonly values: ConfigValues }): Promise<AppliedChange>;
  validate(
    values: ConfigValues,
  ): Promise<{ readonly faults: readonly ConfigFault[]; readonly warnings: readonly ConfigFault[] }>;
  /** Newest first. */
  log(limit: number): Promise<readonly ConfigLogEntry[]>;
  /** Every change from now on, until the signal aborts. */
  watch(): AsyncGenerator<ConfigState, void>;
}

export async function openConfigurator(environment: Environment, name: string): Promise<Configurator> {
  const stack = await findRunningStack(environment, name);
  const { signal, env } = environment;
  const base = `${stack.configuratorUrl}/api/config`;
  const token = stack.adminToken;
  const author = `cli:${env['USER'] ?? env['LOGNAME'] ?? 'unknown'}`;
  return {
    stack,
    read: async () => parseState(await callHttp({ url: base, method: 'GET', token, signal })),
    apply: async ({ expectedVersion, values }) => {
      const body = { author, expectedVersion, values };
      const answer = await callHttp({ url: base, method: 'PUT', token, body, signal });
      const change = field(answer, 'change') ?? null;
      return {
        version: numberField(answer, 'version') ?? expectedVersion,
        change: change === null ? null : parseLogEntry(change),
        warnings: parseFaults(field(answer, 'warnings')),
      };
    },
    validate: async (values) => {
      const answer = await callHttp({ url: `${base}/validate`, method: 'POST', token, body: { values }, signal });
      return { faults: parseFaults(field(answer, 'faults')), warnings: parseFaults(field(answer, 'warnings')) };
    },
    log: async (limit) => {
      const answer = await callHttp({ url: `${base}/log?limit=${limit}`, method: 'GET', token, signal });
      const changes = field(answer, 'changes');
      return Array.isArray(changes) ? changes.map(parseLogEntry) : [];
    },
    watch: () => watch({ url: `${base}/watch`, token, signal }),
  };
}

/** Server-sent events: "data:" lines up to an empty one. */
async function* watch({
  url,
  token,
  signal,
}: {
  url: string;
  token: string;
  signal: AbortSignal;
}): AsyncGenerator<ConfigState, void> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const response = await fetch(url, { headers, signal });
  if (!response.ok || response.body === null) {
    throw new CecochatError('engine.unavailable', `GET ${url} answered ${response.status}`);
  }
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trim()] : []));
      if (data.length > 0) {
        yield parseState(JSON.parse(data.join('\n')));
      }
    }
  }
}

function parseState(answer: unknown): ConfigState {
  const version = numberField(answer, 'version');
  const values = field(answer, 'values');
  if (version === undefined || typeof values !== 'object' || values === null) {
    throw new CecochatError('internal', 'the configurator answered something that is no configuration');
  }
  const parsed = Object.entries(values).flatMap(([key, value]) => {
    const known = parseValue(value);
    return known === null ? [] : [[key, known] as const];
  });
  return { version, values: Object.fromEntries(parsed) };
}

function parseLogEntry(value: unknown): ConfigLogEntry {
  const entries = field(value, 'entries');
  return {
    version: numberField(value, 'version') ?? 0,
    atMs: numberField(value, 'atMs') ?? 0,
    author: textField(value, 'author') ?? '',
    entries: (Array.isArray(entries) ? entries : []).map((entry: unknown) => ({
      key: textField(entry, 'key') ?? '',
      before: parseValue(field(entry, 'before')),
      after: parseValue(field(entry, 'after')),
    })),
  };
}

function parseValue(value: unknown): ConfigValue | null {
  if (typeof value === 'string') {
    return value;
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
    : null;
}

function parseFaults(value: unknown): ConfigFault[] {
  return (Array.isArray(value) ? value : []).map((fault: unknown) => ({
    key: textField(fault, 'key') ?? '',
    value: textField(fault, 'value') ?? '',
    reason: textField(fault, 'reason') ?? '',
  }));
}
