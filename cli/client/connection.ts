/**
 * One Chat.Open stream: hello out, welcome in, then batched frames both ways. At most one frame is on its
 * way to the transport; whoever writes gathers meanwhile. Ends exactly once, with the reason.
 */
import { credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { ChatClient, type OpenRequest, type OpenResponse, type Welcome } from '../../protos/gen/cecochat/v1/chat.ts';
import { CecochatError } from '../../services/core/errors.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { errorFromGrpc } from './errors-from-grpc.ts';

export interface ConnectionRequest {
  readonly address: string;
  readonly token: string;
  /** Empty: from now on. */
  readonly cursor: Buffer;
  readonly clock: Clock;
  readonly welcome: (welcome: Welcome) => void;
  /** Frames after the first, in order. */
  readonly frame: (frame: OpenResponse) => void;
  /** The transport takes another frame. */
  readonly writable: () => void;
  /** Undefined: it ended as asked for by `end`. */
  readonly ended: (error: Error | undefined) => void;
}

export interface Connection {
  readonly writable: boolean;
  write(frame: Partial<OpenRequest>): void;
  pause(): void;
  resume(): void;
  /** Says that nothing more will be written; the server answers what it has and ends the stream. */
  end(): void;
  /** Ends it at once. */
  cancel(reason?: Error): void;
}

export const chatChannelOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.enable_retries': 0,
} as const;

const welcomeWithinMs = 10_000;
const emptyFrame: OpenRequest = { hello: undefined, sends: [], confirmations: [], renewToken: '', ping: undefined };

export function openConnection(request: ConnectionRequest): Connection {
  const { address, clock } = request;
  const client = new ChatClient(address, credentials.createInsecure(), chatChannelOptions);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${request.token}`);
  const call: ClientDuplexStream<OpenRequest, OpenResponse> = client.open(metadata);
  let welcomed = false;
  let writing = false;
  let ending = false;
  let over = false;

  const finish = (error: Error | undefined): void => {
    if (over) return;
    over = true;
    patience.cancel();
    call.cancel();
    client.close();
    request.ended(error);
  };
  const patience = clock.after(welcomeWithinMs, () =>
    finish(
      new CecochatError('deadline.exceeded', `${address} did not welcome the stream within ${welcomeWithinMs} ms`),
    ),
  );
  const write = (frame: Partial<OpenRequest>): void => {
    writing = true;
    call.write({ ...emptyFrame, ...frame }, () => {
      writing = false;
      if (!over) request.writable();
    });
  };

  call.on('data', (frame: OpenResponse) => {
    if (over) return;
    if (frame.welcome !== undefined && !welcomed) {
      welcomed = true;
      patience.cancel();
      request.welcome(frame.welcome);
    }
    request.frame(frame);
  });
  call.on('error', (error: Error) =>
    finish(ending && isCancelled(error) ? undefined : errorFromGrpc(error, `chat stream to ${address}`)),
  );
  call.on('status', (status: { code: number; details: string }) => {
    if (status.code !== 0) return;
    finish(ending ? undefined : new CecochatError('refresh', `${address} ended the chat stream`));
  });
  write({ hello: { cursor: request.cursor } });

  return {
    get writable() {
      return welcomed && !writing && !ending && !over;
    },
    write,
    pause: () => call.pause(),
    resume: () => call.resume(),
    end() {
      ending = true;
      call.end();
    },
    cancel: finish,
  };
}

function isCancelled(error: Error): boolean {
  return 'code' in error && error.code === 1;
}
