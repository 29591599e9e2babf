/**
 * The closed list of everything that can go wrong on purpose. A code says what a caller may do next (its
 * retry rule); each edge maps every code (gRPC status, HTTP status, exit code), so a new code does not
 * compile until every edge knows it. Prose is made at the edges; an error carries data.
 */

/** never = the same request fails again; backoff = try again later; refresh = ask connect again; resume = reconnect with the cursor. */
export type RetryRule = 'never' | 'backoff' | 'refresh' | 'resume';

export const retryRules = {
  unauthenticated: 'never',
  'login.failed': 'never',
  'login.limited': 'backoff',
  forbidden: 'never',
  'not.found': 'never',
  'request.invalid': 'never',
  'request.too_large': 'never',
  'message.too_large': 'never',
  'chat.forbidden': 'never',
  'user.exists': 'never',
  'user.unknown': 'never',
  'cursor.invalid': 'never',
  'feed.expired': 'never',
  'send.out_of_order': 'backoff',
  'send.expired': 'never',
  'send.limited': 'backoff',
  'slow.consumer': 'resume',
  'partition.not_owned': 'refresh',
  refresh: 'refresh',
  'server.not_ready': 'backoff',
  'server.stopping': 'refresh',
  'history.refused': 'never',
  'engine.unavailable': 'backoff',
  'deadline.exceeded': 'backoff',
  'config.invalid': 'never',
  'config.conflict': 'backoff',
  'config.refused': 'never',
  'settings.invalid': 'never',
  'data.locked': 'never',
  'data.newer': 'never',
  'data.damaged': 'never',
  'usage.invalid': 'never',
  'stack.not_running': 'never',
  'stack.unhealthy': 'never',
  'timed.out': 'never',
  'port.busy': 'never',
  interrupted: 'never',
  internal: 'never',
} as const satisfies Record<string, RetryRule>;

export type ErrorCode = keyof typeof retryRules;

export const errorCodes = Object.keys(retryRules).filter(isErrorCode);

export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(retryRules, value);
}

export interface ErrorDetails {
  /** What to do next, as a sentence or a command. */
  readonly hint?: string;
  /** Facts for programs: strings only, so that they travel in google.rpc.ErrorInfo and problem details. */
  readonly data?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An expected failure. Anything else that is thrown is a bug and shows its stack. */
export class CecochatError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, string>>;

  /** `message` names the input and the reason, in one line. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CecochatError';
    this.code = code;
    this.hint = details.hint;
    this.data = details.data ?? {};
  }

  get retry(): RetryRule {
    return retryRules[this.code];
  }
}
