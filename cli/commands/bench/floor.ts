/**
 * The floor: what a bare grpc-js bidirectional stream does with the same bytes, dialogs and messages in
 * flight. The server sends back each frame; a frame holds one message, as a client without batching writes.
 */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { CecochatError } from '../../../services/core/errors.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { Load, LoadResult } from './orders.ts';
import { echoPath, openRawStream, type RawStream } from './raw-stream.ts';
import { createLoadRun } from './windowed-load.ts';
import { createSendTemplate, firstKey } from './wire.ts';

const same = (bytes: Buffer): Buffer => bytes;

/** Resolves with the address that it listens on; it ends with the process. */
export function startEchoServer(): Promise<string> {
  const server = new Server();
  const definition = {
    open: {
      path: echoPath,
      requestStream: true,
      responseStream: true,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  } as const;
  server.addService(definition, {
    open(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on('data', (frame: Buffer) => void call.write(frame));
      call.on('end', () => call.end());
      call.on('error', () => undefined);
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(new CecochatError('port.busy', 'the echo server found no port', { cause: error }));
    });
  });
}

export async function runFloor(request: {
  readonly address: string;
  readonly streams: number;
  readonly load: Load;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<LoadResult> {
  const { address, streams, load, clock, signal } = request;
  const run = createLoadRun(load, clock);
  const opened: RawStream[] = [];
  for (let index = 0; index < streams; index += 1) {
    const template = createSendTemplate(BigInt(index + 1), 'x'.repeat(load.textBytes));
    const key = firstKey(clock.nowMs(), index);
    run.add((meter) => {
      const stream = openRawStream({
        address,
        path: echoPath,
        frame() {
          meter.acknowledged();
          meter.delivered();
          meter.pump();
        },
        ended: (error) => run.fault(error.message),
      });
      opened.push(stream);
      return {
        send(count) {
          for (let sent = 0; sent < count; sent += 1) stream.write(template.frame(key, 1));
        },
      };
    });
  }
  try {
    return await run.run(signal);
  } finally {
    for (const stream of opened) stream.close();
  }
}
