/**
 * JSON over HTTP as cecochat's servers speak it: problem details (RFC 9457) become a CecochatError with
 * the same code; a server that cannot be reached is engine.unavailable.
 */
import { CecochatError, isErrorCode } from '../../services/core/errors.ts';

export interface HttpCall {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as `authorization: Bearer`. */
  readonly token?: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** The answer's JSON value; undefined when the answer has no body. */
export async function callHttp(call: HttpCall): Promise<unknown> {
  const response = await request(call);
  const text = await response.text();
  const value = parseJson(text);
  if (response.ok) {
    if (text !== '' && value === undefined) {
      throw new CecochatError('internal', `${call.method} ${call.url} answered ${response.status} with no JSON`);
    }
    return value;
  }
  throw errorFromProblem(value, { call, status: response.status });
}

async function request(call: HttpCall): Promise<Response> {
  try {
    return await fetch(call.url, {
      method: call.method,
      headers: {
        ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  } catch (error) {
    if (call.signal?.aborted === true) throw call.signal.reason;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CecochatError('engine.unavailable', `${call.url} cannot be reached: ${why}`, { cause: error });
  }
}

function errorFromProblem(problem: unknown, answer: { call: HttpCall; status: number }): CecochatError {
  const { call, status } = answer;
  const code = textField(problem, 'code');
  const message = textField(problem, 'detail') ?? textField(problem, 'title');
  const hint = textField(problem, 'hint');
  if (code !== undefined && isErrorCode(code)) {
    return new CecochatError(code, message ?? `${call.method} ${call.url} answered ${status}`, {
      data: stringsOf(field(problem, 'data')),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const known = status >= 500 ? 'engine.unavailable' : status === 401 ? 'unauthenticated' : 'request.invalid';
  return new CecochatError(
    known,
    `${call.method} ${call.url} answered ${status}${message === undefined ? '' : `: ${message}`}`,
  );
}

/** A field of an object that came from outside; undefined when there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function textField(value: unknown, name: string): string | undefined {
  const text = field(value, name);
  return typeof text === 'string' ? text : undefined;
}

export function numberField(value: unknown, name: string): number | undefined {
  const number = field(value, name);
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function stringsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
