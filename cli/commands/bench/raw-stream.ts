/**
 * A bidirectional gRPC stream of bytes, on a connection of its own.
 */
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { CecochatError } from '../../../services/core/errors.ts';
import { errorFromGrpc } from '../../client/errors-from-grpc.ts';

export const chatPath = '/cecochat.v1.Chat/Open';
export const echoPath = '/cecochat.bench.Echo/Open';

export interface RawStream {
  write(frame: Buffer): void;
  close(): void;
}

export interface RawStreamRequest {
  readonly address: string;
  readonly path: string;
  readonly token?: string;
  readonly frame: (frame: Buffer) => void;
  /** Not called after `close`. */
  readonly ended: (error: Error) => void;
}

const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.enable_retries': 0, 'grpc.keepalive_time_ms': 120_000 };
const same = (bytes: Buffer): Buffer => bytes;

export function openRawStream(request: RawStreamRequest): RawStream {
  const client = new Client(request.address, credentials.createInsecure(), options);
  const metadata = new Metadata();
  if (request.token !== undefined) metadata.set('authorization', `Bearer ${request.token}`);
  const call = client.makeBidiStreamRequest(request.path, same, same, metadata);
  let closed = false;
  const end = (error: Error): void => {
    if (closed) return;
    closed = true;
    client.close();
    request.ended(error);
  };
  call.on('data', request.frame);
  call.on('error', (error: Error) => end(errorFromGrpc(error, `stream to ${request.address}`)));
  call.on('end', () => end(new CecochatError('refresh', `${request.address} ended the stream`)));
  return {
    write: (frame) => void call.write(frame),
    close() {
      closed = true;
      call.cancel();
      client.close();
    },
  };
}
