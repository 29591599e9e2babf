/**
 * The exit code of every error code. Scripts rely on these numbers; a new error code does not compile
 * until it has one.
 */
import { CecochatError, type ErrorCode } from '../../services/core/errors.ts';

/** 0 done, 1 failed, 2 wrong usage or input, 3 no such stack running, 4 timed out, 5 unhealthy, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 130;

export const exitCodes = {
  unauthenticated: 1,
  'login.failed': 1,
  'login.limited': 1,
  forbidden: 1,
  'not.found': 1,
  'request.invalid': 2,
  'request.too_large': 2,
  'message.too_large': 2,
  'chat.forbidden': 1,
  'user.exists': 1,
  'user.unknown': 1,
  'cursor.invalid': 1,
  'feed.expired': 1,
  'send.out_of_order': 1,
  'send.expired': 1,
  'send.limited': 1,
  'slow.consumer': 1,
  'partition.not_owned': 1,
  refresh: 1,
  'server.not_ready': 1,
  'server.stopping': 1,
  'history.refused': 1,
  'engine.unavailable': 1,
  'deadline.exceeded': 4,
  'config.invalid': 2,
  'config.conflict': 1,
  'config.refused': 1,
  'settings.invalid': 1,
  'data.locked': 1,
  'data.newer': 1,
  'data.damaged': 1,
  'usage.invalid': 2,
  'stack.not_running': 3,
  'stack.unhealthy': 5,
  'timed.out': 4,
  'port.busy': 1,
  interrupted: 130,
  internal: 1,
} as const satisfies Record<ErrorCode, ExitCode>;

/** A bug (anything but a CecochatError) is a failure: 1. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof CecochatError ? exitCodes[error.code] : 1;
}
