/**
 * How errors travel in gRPC: a status by error code, and google.rpc.Status with ErrorInfo{reason: code,
 * domain: "cecochat", metadata: {retry, hint?, ...data}} in the trailer `grpc-status-details-bin`.
 * Unknown errors become `internal`, without their text: it is for the log, not for the client.
 */
import { Metadata, status } from '@grpc/grpc-js';
import { ErrorInfo } from '../../protos/gen/google/rpc/error_details.ts';
import { Status } from '../../protos/gen/google/rpc/status.ts';
import { CecochatError, type ErrorCode } from '../core/errors.ts';

export const errorDomain = 'cecochat';
export const statusDetailsKey = 'grpc-status-details-bin';
const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo';

export const grpcStatuses = {
  unauthenticated: status.UNAUTHENTICATED,
  'login.failed': status.UNAUTHENTICATED,
  'login.limited': status.RESOURCE_EXHAUSTED,
  forbidden: status.PERMISSION_DENIED,
  'not.found': status.NOT_FOUND,
  'request.invalid': status.INVALID_ARGUMENT,
  'request.too_large': status.INVALID_ARGUMENT,
  'message.too_large': status.INVALID_ARGUMENT,
  'chat.forbidden': status.PERMISSION_DENIED,
  'user.exists': status.ALREADY_EXISTS,
  'user.unknown': status.NOT_FOUND,
  'cursor.invalid': status.INVALID_ARGUMENT,
  'feed.expired': status.OUT_OF_RANGE,
  'send.out_of_order': status.ABORTED,
  'send.expired': status.FAILED_PRECONDITION,
  'send.limited': status.RESOURCE_EXHAUSTED,
  'slow.consumer': status.RESOURCE_EXHAUSTED,
  'partition.not_owned': status.FAILED_PRECONDITION,
  refresh: status.UNAVAILABLE,
  'server.not_ready': status.UNAVAILABLE,
  'server.stopping': status.UNAVAILABLE,
  'history.refused': status.FAILED_PRECONDITION,
  'engine.unavailable': status.UNAVAILABLE,
  'deadline.exceeded': status.DEADLINE_EXCEEDED,
  'config.invalid': status.INVALID_ARGUMENT,
  'config.conflict': status.ABORTED,
  'config.refused': status.FAILED_PRECONDITION,
  'settings.invalid': status.INVALID_ARGUMENT,
  'data.locked': status.FAILED_PRECONDITION,
  'data.newer': status.FAILED_PRECONDITION,
  'data.damaged': status.DATA_LOSS,
  'usage.invalid': status.INVALID_ARGUMENT,
  'stack.not_running': status.UNAVAILABLE,
  'stack.unhealthy': status.UNAVAILABLE,
  'timed.out': status.DEADLINE_EXCEEDED,
  'port.busy': status.UNAVAILABLE,
  interrupted: status.CANCELLED,
  internal: status.INTERNAL,
} as const satisfies Record<ErrorCode, status>;

/** What grpc-js takes as the end of a call: an Error with code, details and trailer. */
export interface GrpcFault extends Error {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

export function toGrpcFault(error: CecochatError): GrpcFault {
  const code = grpcStatuses[error.code];
  const metadata = { ...error.data, retry: error.retry, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  const info = ErrorInfo.encode({ reason: error.code, domain: errorDomain, metadata }).finish();
  const details = [{ typeUrl: errorInfoType, value: Buffer.from(info) }];
  const trailer = new Metadata();
  trailer.set(statusDetailsKey, Buffer.from(Status.encode({ code, message: error.message, details }).finish()));
  return Object.assign(new Error(error.message), { code, details: error.message, metadata: trailer });
}

/** The CecochatError itself, or `internal` with the reason kept as cause only. */
export function expectedError(error: unknown): CecochatError {
  if (error instanceof CecochatError) return error;
  return new CecochatError('internal', 'the server failed to handle the request', {
    hint: 'the server has logged the reason',
    cause: error,
  });
}
