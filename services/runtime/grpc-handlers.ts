/**
 * Turns plain functions into grpc-js handlers: the session comes from the `authorization` metadata, an abort
 * signal tells when the caller is gone, expected errors travel with their code, unknown ones are logged and
 * answered as `internal`.
 */
import type {
  Metadata,
  ServerDuplexStream,
  ServerWritableStream,
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js';
import type { Authenticator, Session } from './auth.ts';
import { expectedError, toGrpcFault, type GrpcFault } from './grpc-status.ts';
import type { Log } from './log.ts';

export interface GrpcCall {
  readonly session: Session;
  /** Aborts when the caller cancels, its connection breaks or its deadline passes. */
  readonly signal: AbortSignal;
}

export interface GrpcHandlers {
  unary<Req, Res>(handle: (request: Req, call: GrpcCall) => Promise<Res>): handleUnaryCall<Req, Res>;
  /** The stream ends when the promise settles. Respect what `out.write` answers. */
  serverStream<Req, Res>(
    handle: (request: Req, out: ServerWritableStream<Req, Res>, call: GrpcCall) => Promise<void>,
  ): handleServerStreamingCall<Req, Res>;
  /** The same for both directions. Nothing is read before `handle` reads it. */
  bidi<Req, Res>(
    handle: (stream: ServerDuplexStream<Req, Res>, call: GrpcCall) => Promise<void>,
  ): handleBidiStreamingCall<Req, Res>;
}

interface Surface {
  readonly metadata: Metadata;
  getPath(): string;
  on(event: 'cancelled', listener: () => void): unknown;
}

export function createGrpcHandlers(deps: { auth: Authenticator; log: Log }): GrpcHandlers {
  const open = async (call: Surface): Promise<GrpcCall> => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    const [header] = call.metadata.get('authorization');
    const session = await deps.auth.authenticate(header?.toString());
    return { session, signal: gone.signal };
  };
  const fault = (error: unknown, call: Surface): GrpcFault => {
    const expected = expectedError(error);
    if (expected.code === 'internal') deps.log.error({ err: error, rpc: call.getPath() }, 'a call failed unexpectedly');
    return toGrpcFault(expected);
  };
  return {
    unary: (handle) => (call, done) => {
      const run = async (): Promise<void> => {
        let response;
        try {
          response = await handle(call.request, await open(call));
        } catch (error) {
          done(fault(error, call));
          return;
        }
        done(null, response);
      };
      void run();
    },
    serverStream: (handle) => (out) => {
      out.on('error', ignore);
      open(out)
        .then((context) => handle(out.request, out, context))
        .then(
          () => out.end(),
          (error: unknown) => out.emit('error', fault(error, out)),
        );
    },
    bidi: (handle) => (stream) => {
      stream.on('error', ignore);
      open(stream)
        .then((context) => handle(stream, context))
        .then(
          () => stream.end(),
          (error: unknown) => stream.emit('error', fault(error, stream)),
        );
    },
  };
}

/** grpc-js ends the call itself on 'error'; without a listener of ours the event could end the process. */
function ignore(): void {}
