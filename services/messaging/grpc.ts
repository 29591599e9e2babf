/**
 * Translates Send, Listen and Chat of cecochat.v1 to the chat. Frames pass as bytes: they are read and written
 * by hand, so that an event is encoded once for all who get it.
 */
import { Metadata, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import { ChatService, ListenService, SendService } from '../../protos/gen/cecochat/v1/chat.ts';
import { CecochatError } from '../core/errors.ts';
import type { GrpcService } from '../runtime/grpc.ts';
import type { GrpcCall, GrpcHandlers } from '../runtime/grpc-handlers.ts';
import type { Chat } from './chat.ts';
import type { ChatStream } from './chat-stream.ts';
import type { Outlet } from './client-stream.ts';
import type { Intake } from './intake.ts';
import { decodeOpenFrame } from './request-wire.ts';

const asBytes = { requestDeserialize: (bytes: Buffer) => bytes, responseSerialize: (bytes: Buffer) => bytes };

export interface MessagingDependencies {
  readonly chat: Chat;
  readonly intake: Intake;
  readonly handlers: GrpcHandlers;
}

export function messagingServices({ chat, intake, handlers }: MessagingDependencies): readonly GrpcService[] {
  return [
    {
      definition: { sendMessage: { ...SendService.sendMessage, ...asBytes } },
      handlers: {
        sendMessage: handlers.unary<Buffer, Buffer>((request, { session }) => chat.sendMessage(request, session)),
      },
    },
    {
      definition: { listen: { ...ListenService.listen, ...asBytes } },
      handlers: {
        listen: handlers.serverStream<Buffer, Buffer>((request, out, call) => listen({ chat, request, out }, call)),
      },
    },
    {
      definition: { open: { ...ChatService.open, ...asBytes } },
      handlers: { open: handlers.bidi<Buffer, Buffer>((duplex, call) => open({ chat, intake, duplex }, call)) },
    },
  ];
}

type Listening = { chat: Chat; request: Buffer; out: ServerWritableStream<Buffer, Buffer> };

async function listen({ chat, request, out }: Listening, { session, signal }: GrpcCall): Promise<void> {
  const { outlet, ended } = outletOf(out);
  const stream = await chat.listen(request, session, outlet);
  // The client learns that it is listening before the first event.
  out.sendMetadata(new Metadata());
  watchGone(signal, () => stream.gone());
  await ended;
}

type Opening = { chat: Chat; intake: Intake; duplex: ServerDuplexStream<Buffer, Buffer> };

/** The first frame opens; frames that come meanwhile wait in the transport. */
async function open({ chat, intake, duplex }: Opening, call: GrpcCall): Promise<void> {
  const { outlet, ended, end } = outletOf(duplex);
  let opened: ChatStream | undefined;
  const first = async (bytes: Buffer): Promise<void> => {
    const frame = decodeOpenFrame(bytes);
    if (frame.hello === undefined) {
      throw new CecochatError('request.invalid', 'the first frame of a stream must hold a hello', {
        hint: 'see OpenRequest in protos/cecochat/v1/chat.proto',
      });
    }
    opened = await chat.open(frame.hello, call.session, outlet);
    if (call.signal.aborted) opened.stream.gone();
    opened.receive(frame, true);
    duplex.resume();
  };
  duplex.on('data', (bytes: Buffer) => {
    if (opened === undefined) {
      duplex.pause();
      first(bytes).catch(end);
    } else {
      const stream = opened;
      intake.take(duplex, () => receive(stream, bytes));
    }
  });
  duplex.on('end', () => {
    if (opened === undefined) end(undefined);
    else opened.finish();
  });
  watchGone(call.signal, () => {
    if (opened === undefined) end(undefined);
    else opened.stream.gone();
  });
  await ended;
}

function receive(opened: ChatStream, bytes: Buffer): void {
  try {
    opened.receive(decodeOpenFrame(bytes), false);
  } catch (error) {
    if (error instanceof CecochatError) opened.stream.fail(error);
    else throw error;
  }
}

interface Writable {
  write(frame: Buffer, sent: () => void): boolean;
}

function outletOf(out: Writable): { outlet: Outlet; ended: Promise<void>; end: (error: unknown) => void } {
  const { promise, resolve, reject } = withResolvers();
  const end = (error: unknown): void => {
    if (error === undefined) resolve();
    else reject(error);
  };
  return { outlet: { write: (frame, sent) => void out.write(frame, sent), end }, ended: promise, end };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function watchGone(signal: AbortSignal, gone: () => void): void {
  if (signal.aborted) gone();
  else signal.addEventListener('abort', gone, { once: true });
}
