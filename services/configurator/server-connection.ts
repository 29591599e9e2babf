/**
 * A connection that asks nothing, to a gRPC server: it tells when the process at its other end is gone.
 */
import { connect } from 'node:http2';

export interface Connection {
  /** `refused`: the machine says that nobody listens there. `failed`: anything else, which says nothing. */
  readonly opened: Promise<'opened' | 'refused' | 'failed'>;
  /** Resolves when it has ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

export type Connect = (address: string) => Connection;

/** `address`: "host:port". */
export const connectToServer: Connect = (address) => {
  const session = connect(`http://${address}`);
  // It keeps no process alive.
  session.unref();
  const closed = new Promise<void>((resolve) => session.once('close', resolve));
  const opened = new Promise<'opened' | 'refused' | 'failed'>((resolve) => {
    // Not "connect": something in between may take connections for a server that is gone.
    session.once('remoteSettings', () => resolve('opened'));
    session.on('error', (error: Error) => resolve(isRefusal(error) ? 'refused' : 'failed'));
    session.once('close', () => resolve('failed'));
  });
  return { opened, closed, close: () => session.destroy() };
};

function isRefusal(error: Error): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED';
}
