/**
 * Turns what a gRPC call ended with into a CecochatError: the server's own code when it sent one
 * (google.rpc.ErrorInfo in `grpc-status-details-bin`), else the nearest code of the closed list.
 */
import { Metadata, status } from '@grpc/grpc-js';
import { ErrorInfo } from '../../protos/gen/google/rpc/error_details.ts';
import { Status } from '../../protos/gen/google/rpc/status.ts';
import { CecochatError, errorCodes, type ErrorCode } from '../../services/core/errors.ts';

const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo';

/** `what` names the call and its address, for the message. Errors that are no gRPC status come back unchanged. */
export function errorFromGrpc(error: unknown, what: string): Error {
  if (error instanceof CecochatError) return error;
  if (!(error instanceof Error)) return new Error(`${what} failed: ${String(error)}`);
  if (!('code' in error) || typeof error.code !== 'number') return error;
  const details = 'details' in error && typeof error.details === 'string' ? error.details : error.message;
  const metadata = 'metadata' in error && error.metadata instanceof Metadata ? error.metadata : undefined;
  const info = metadata === undefined ? undefined : errorInfoOf(metadata);
  const code = info === undefined ? undefined : codeOfReason(info.reason);
  if (code !== undefined && info !== undefined) {
    const { hint, ...data } = info.metadata;
    return new CecochatError(code, details, { data, cause: error, ...(hint === undefined ? {} : { hint }) });
  }
  return new CecochatError(codeOfStatus(error.code), `${what}: ${details}`, { cause: error });
}

/** The code that an ErrorInfo reason stands for: "send.limited" or, as googleapis spells reasons, "SEND_LIMITED". */
export function codeOfReason(reason: string): ErrorCode | undefined {
  const wanted = reason.toLowerCase().replaceAll('_', '.');
  return errorCodes.find((code) => code.replaceAll('_', '.') === wanted);
}

function errorInfoOf(metadata: Metadata): ErrorInfo | undefined {
  try {
    for (const value of metadata.get('grpc-status-details-bin')) {
      if (typeof value === 'string') continue;
      const detail = Status.decode(value).details.find((any) => any.typeUrl === errorInfoType);
      if (detail !== undefined) return ErrorInfo.decode(detail.value);
    }
  } catch {
    // Details that cannot be read: the status alone decides.
  }
  return undefined;
}

function codeOfStatus(code: number): ErrorCode {
  switch (code) {
    case status.UNAUTHENTICATED:
      return 'unauthenticated';
    case status.PERMISSION_DENIED:
      return 'forbidden';
    case status.NOT_FOUND:
      return 'not.found';
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
    case status.FAILED_PRECONDITION:
    case status.UNIMPLEMENTED:
      return 'request.invalid';
    case status.RESOURCE_EXHAUSTED:
      return 'request.too_large';
    case status.DEADLINE_EXCEEDED:
      return 'deadline.exceeded';
    default:
      // Unavailable, cancelled, reset: a server at fault says so by ErrorInfo, so it was the transport that broke.
      return 'engine.unavailable';
  }
}
