/**
 * A connection that asks nothing, to a gRPC server: it tells when the process at its other end is gone.
 */
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { isErrno } from '../core/errno.ts';
import type { Clock } from '../core/time/clock.ts';

export interface Connection {
  /** `refused`: the machine says that nobody listens there. `failed`: anything else, which says nothing. */
  readonly opened: Promise<'opened' | 'refused' | 'failed'>;
  /** Resolves when it has ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

export type Connect = (address: string) => Connection;

const openWithinMs = 2_000;
/** So that one whose other end vanished without a word ends, and is opened anew. */
const keepAliveMs = 10_000;

/** Its addresses: "host:port". */
export function serverConnector(clock: Clock): Connect {
  return (address) => {
    const session = connectHttp2(`http://${address}`, {
      createConnection: ({ hostname, port }) =>
        connectTcp({
          host: unbracketed(hostname),
          port: Number(port),
          keepAlive: true,
          keepAliveInitialDelay: keepAliveMs,
        }),
    });
    // It keeps no process alive.
    session.unref();
    const closed = new Promise<void>((resolve) => session.once('close', resolve));
    const opened = new Promise<'opened' | 'refused' | 'failed'>((resolve) => {
      const timer = clock.after(openWithinMs, () => session.destroy());
      const settle = (outcome: 'opened' | 'refused' | 'failed'): void => {
        timer.cancel();
        resolve(outcome);
      };
      // Not "connect": something in between may take connections for a server that is gone.
      session.once('remoteSettings', () => settle('opened'));
      session.on('error', (error: Error) => settle(isRefusal(error) ? 'refused' : 'failed'));
      session.once('close', () => settle('failed'));
    });
    return { opened, closed, close: () => session.destroy() };
  };
}

/** Of an IPv6 address in a URL. */
function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Of a name with several addresses, all of them. */
function isRefusal(error: Error): boolean {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.every((one) => isErrno(one, 'ECONNREFUSED'));
}
