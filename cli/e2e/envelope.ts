/**
 * Reads what `--json` printed: events, and the envelope as the last line.
 */
export interface Envelope {
  readonly exitCode: number | null;
  readonly status: string;
  readonly data: Json;
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  readonly hint: string | undefined;
  readonly events: readonly Json[];
}

/** Plain JSON that is asked field by field; what is not there is undefined. */
export interface Json {
  readonly value: unknown;
  at(...path: readonly (string | number)[]): Json;
  text(): string;
  number(): number;
  list(): readonly Json[];
}

export function json(value: unknown): Json {
  return {
    value,
    at: (...path) => json(path.reduce<unknown>(field, value)),
    text: () => expectType(value, 'string', (each): each is string => typeof each === 'string'),
    number: () => expectType(value, 'number', (each): each is number => typeof each === 'number'),
    list: () => expectType(value, 'list', (each): each is unknown[] => Array.isArray(each)).map(json),
  };
}

export function parseEnvelope(ran: { exitCode: number | null; stdout: string; stderr: string }): Envelope {
  const lines = ran.stdout.split('\n').filter((line) => line !== '');
  const last = lines.pop();
  if (last === undefined) throw new Error(`nothing on stdout (exit code ${ran.exitCode}): ${ran.stderr}`);
  const envelope = json(JSON.parse(last));
  const error = envelope.at('error');
  const optional = (name: string): string | undefined => {
    const { value } = error.at(name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    exitCode: ran.exitCode,
    status: envelope.at('status').text(),
    data: envelope.at('data'),
    errorCode: optional('code'),
    errorMessage: optional('message'),
    hint: optional('hint'),
    events: lines.map((line) => json(JSON.parse(line))),
  };
}

function field(value: unknown, name: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === String(name))?.[1];
}

function expectType<T>(value: unknown, name: string, is: (value: unknown) => value is T): T {
  if (is(value)) return value;
  throw new Error(`expected a ${name}, found ${JSON.stringify(value)}`);
}
