/**
 * JSON over HTTP as cecochat's servers speak it: problem details (RFC 9457) become a CecochatError with
 * the same code; a server that cannot be reached is engine.unavailable.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
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
  const { status, text } = await request(call);
  const value = parseJson(text);
  if (status >= 200 && status < 300) {
    if (text !== '' && value === undefined) {
      throw new CecochatError('internal', `${call.method} ${call.url} answered ${status} with no JSON`);
    }
    return value;
  }
  throw errorFromProblem(value, { call, status });
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** By node:http: the built-in fetch costs a short-lived program 30 ms more. */
function request(call: HttpCall): Promise<HttpAnswer> {
  const { url, method, token, signal } = call;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise<HttpAnswer>((resolve, reject) => {
    const fail = (error: Error): void => {
      // Of several addresses that all failed, the error has a code only.
      const why = error.message === '' && 'code' in error ? String(error.code) : error.message;
      const unreachable = new CecochatError('engine.unavailable', `${url} cannot be reached: ${why}`, {
        cause: error,
      });
      reject(signal?.aborted === true ? signal.reason : unreachable);
    };
    const sent = open(url, { method, headers, ...(signal === undefined ? {} : { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.on('error', fail);
    sent.end(body);
  });
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
