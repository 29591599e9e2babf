/**
 * How errors travel in HTTP: RFC 9457 problem details (application/problem+json) with the members
 * `code`, `retry`, `hint` and `data` of cecochat's errors. Unknown errors become `internal`, without their text.
 */
import { STATUS_CODES } from 'node:http';
import { CecochatError, type ErrorCode, type RetryRule } from '../core/errors.ts';

export const problemMediaType = 'application/problem+json';

export const httpStatuses = {
  unauthenticated: 401,
  'login.failed': 401,
  'login.limited': 429,
  forbidden: 403,
  'not.found': 404,
  'request.invalid': 400,
  'request.too_large': 413,
  'message.too_large': 413,
  'chat.forbidden': 403,
  'user.exists': 409,
  'user.unknown': 404,
  'cursor.invalid': 400,
  'feed.expired': 410,
  'send.out_of_order': 409,
  'send.expired': 409,
  'send.limited': 429,
  'slow.consumer': 429,
  'partition.not_owned': 503,
  refresh: 503,
  'server.not_ready': 503,
  'server.stopping': 503,
  'history.refused': 422,
  'engine.unavailable': 503,
  'deadline.exceeded': 504,
  'config.invalid': 422,
  'config.conflict': 409,
  'config.refused': 409,
  'settings.invalid': 400,
  'data.locked': 503,
  'data.newer': 503,
  'data.damaged': 503,
  'usage.invalid': 400,
  'stack.not_running': 503,
  'stack.unhealthy': 503,
  'timed.out': 504,
  'port.busy': 503,
  interrupted: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

export interface Problem {
  /** "urn:cecochat:error:login.failed" */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retry: RetryRule;
  readonly hint?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** `status` replaces the code's own where HTTP has a better one (405, 415). */
export function toProblem(error: CecochatError, status: number = httpStatuses[error.code]): Problem {
  return {
    type: `urn:cecochat:error:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    retry: error.retry,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(Object.keys(error.data).length === 0 ? {} : { data: error.data }),
  };
}

interface ValidationFault {
  readonly instancePath: string;
  readonly message?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What fastify throws by itself: bad JSON, too large, wrong media type, not as the schema says. */
export interface FrameworkFault {
  readonly statusCode?: number | undefined;
  readonly message: string;
  readonly validation?: readonly ValidationFault[] | undefined;
  readonly validationContext?: string | undefined;
}

/** Undefined for a bug: anything that the caller is not to blame for. */
export function fromFramework(fault: FrameworkFault): Problem | undefined {
  if (fault.validation !== undefined) return toProblem(invalidRequest(fault.validation, fault.validationContext));
  const status = fault.statusCode ?? 500;
  if (status === 413) return toProblem(new CecochatError('request.too_large', 'the request body is too large'));
  if (status === 415) return toProblem(new CecochatError('request.invalid', 'the body must be application/json'), 415);
  if (status < 400 || status >= 500) return undefined;
  return toProblem(new CecochatError('request.invalid', fault.message), status);
}

function invalidRequest(faults: readonly ValidationFault[], context: string | undefined): CecochatError {
  const where = context === 'querystring' ? 'query' : (context ?? 'request');
  const data = Object.fromEntries(faults.slice(0, maxFaults).map((fault) => describe(fault, where)));
  const lines = Object.entries(data).map(([place, reason]) => `${place} ${reason}`);
  return new CecochatError('request.invalid', lines.join('; '), {
    hint: 'the OpenAPI page of this server (/docs) shows what it takes',
    data,
  });
}

const maxFaults = 20;

function describe(fault: ValidationFault, where: string): [string, string] {
  const place = `${where}${fault.instancePath.replaceAll('/', '.')}`;
  const extra = fault.params['additionalProperty'];
  if (typeof extra === 'string') return [`${place}.${extra.slice(0, 64)}`, 'is not known here'];
  const missing = fault.params['missingProperty'];
  if (typeof missing === 'string') return [`${place}.${missing}`, 'is missing'];
  return [place, fault.message ?? 'is not valid'];
}
