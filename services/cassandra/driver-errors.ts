/**
 * What an error of the driver says about trying again. `transient`: the engine, or the way to it, is away or
 * busy. `answered`: a node met the statement and failed, which may be the statement's fault. `refused`: the
 * statement is invalid, and stays so. `denied`: credentials, permissions, data centre.
 */
import { errors, types } from 'cassandra-driver';
import { messageFrom } from '../core/thrown.ts';

export type Fault = 'transient' | 'answered' | 'refused' | 'denied';

const codes = types.responseErrorCodes;

export function faultOf(error: unknown): Fault {
  if (error instanceof errors.AuthenticationError) return 'denied';
  if (error instanceof errors.NoHostAvailableError) return faultOfHosts(error);
  if (error instanceof errors.ResponseError) return faultOfCode(error.code);
  if (error instanceof errors.DriverError) return 'transient';
  // The driver throws plain TypeErrors for values that it cannot encode, and plain errors for sockets.
  return error instanceof TypeError || error instanceof RangeError ? 'refused' : 'transient';
}

/** The driver's first reason, without its prose about inner errors. */
export function reasonOf(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const [first] = innerErrors(error);
    return first === undefined ? 'no node can be reached' : `${first[0]}: ${messageFrom(first[1])}`;
  }
  return messageFrom(error);
}

/** The address of the node that answered a request with this error. */
export function nodeOf(error: unknown): string | undefined {
  const node: unknown = error instanceof Error && 'coordinator' in error ? error.coordinator : undefined;
  return typeof node === 'string' ? node : undefined;
}

/** A node's refusal to prepare the statement: nothing was executed, no node saw values. */
export function isAboutText(error: unknown): boolean {
  return error instanceof errors.ResponseError && nodeOf(error) === undefined;
}

function faultOfHosts(error: errors.NoHostAvailableError): Fault {
  // An argument error: the local data centre is none of those that the nodes have.
  const isDenied = innerErrors(error).some(
    ([, each]) => each instanceof errors.AuthenticationError || each instanceof errors.ArgumentError,
  );
  return isDenied ? 'denied' : 'transient';
}

function innerErrors(error: errors.NoHostAvailableError): [string, unknown][] {
  const inner: unknown = error.innerErrors;
  return typeof inner === 'object' && inner !== null ? Object.entries(inner) : [];
}

function faultOfCode(code: number): Fault {
  switch (code) {
    case codes.invalid:
    case codes.syntaxError:
    case codes.configError:
    case codes.alreadyExists:
      return 'refused';
    case codes.unauthorized:
    case codes.badCredentials:
      return 'denied';
    case codes.serverError:
    case codes.protocolError:
    case codes.readFailure:
    case codes.writeFailure:
    case codes.functionFailure:
      return 'answered';
    default:
      return 'transient';
  }
}
