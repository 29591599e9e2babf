/**
 * Dialogs under load: in each one user sends and another receives, each a client with a connection of its
 * own. A message is done when it was acknowledged as durable and has come to the other one.
 */
import { OpenRequest, OpenResponse } from '../../../protos/gen/cecochat/v1/chat.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { DialogPlan, Load, LoadResult } from './orders.ts';
import { chatPath, openRawStream, type RawStream } from './raw-stream.ts';
import { createLoadRun, type LaneMeter, type LoadRun } from './windowed-load.ts';
import { countUp, createFrameScanner, createSendTemplate, firstKey, sameCounter, touchKey } from './wire.ts';

export interface Dialogs {
  /** Dialogs whose two streams are open. */
  readonly open: number;
  readonly faults: readonly string[];
  run(load: Load, signal: AbortSignal): Promise<LoadResult>;
}

export const helloFrame = Buffer.from(
  OpenRequest.encode({
    hello: { cursor: Buffer.alloc(0) },
    sends: [],
    confirmations: [],
    renewToken: '',
    ping: undefined,
  }).finish(),
);

const openWithinMs = 30_000;
const touchEveryMs = 5_000;

export async function openDialogs(request: {
  readonly plans: readonly DialogPlan[];
  readonly textBytes: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<Dialogs> {
  const { plans, textBytes, clock, signal } = request;
  const faults: string[] = [];
  let run: LoadRun | undefined;
  let welcomed = 0;
  const fault = (text: string): void => {
    faults.push(text);
    run?.fault(text);
  };

  const dialogs = plans.map((plan) => {
    const template = createSendTemplate(BigInt(plan.receiver.userId), 'x'.repeat(textBytes));
    const key = firstKey(clock.nowMs(), plan.series);
    const acknowledged = Buffer.from(key);
    const delivered = Buffer.from(key);
    let meter: LaneMeter | undefined;
    const follow =
      (expected: Buffer, done: () => void) =>
      (frame: Buffer, keyAt: number): void => {
        countUp(expected);
        if (keyAt < 0 || !sameCounter(frame, keyAt, expected)) run?.misplaced();
        done();
      };
    const common = {
      welcome: () => void (welcomed += 1),
      result(frame: Buffer): void {
        for (const { result } of OpenResponse.decode(frame).results) {
          if (result?.$case === 'refused') fault(`a send was refused: ${result.value.code} ${result.value.detail}`);
        }
      },
    };
    const ignore = (): void => undefined;
    const ack = follow(acknowledged, () => meter?.acknowledged());
    const message = follow(delivered, () => meter?.delivered());
    const scanSender = createFrameScanner({ ...common, message: ignore, ack });
    const scanReceiver = createFrameScanner({ ...common, message, ack: ignore });
    const open = (side: 'sender' | 'receiver', scan: (frame: Buffer) => void): RawStream => {
      const { address, token } = plan[side];
      const stream = openRawStream({
        address,
        token,
        path: chatPath,
        frame(frame) {
          scan(frame);
          meter?.pump();
        },
        ended: (error) => fault(error.message),
      });
      stream.write(helloFrame);
      return stream;
    };
    const sender = open('sender', scanSender);
    open('receiver', scanReceiver);
    clock.every(touchEveryMs, () => touchKey(key, clock.nowMs()));
    return (given: LaneMeter) => {
      meter = given;
      return { send: (count: number): void => sender.write(template.frame(key, count)) };
    };
  });

  const endMs = clock.monotonicMs() + openWithinMs;
  while (welcomed < plans.length * 2 && faults.length === 0 && clock.monotonicMs() < endMs)
    await clock.sleep(5, signal);
  return {
    open: Math.floor(welcomed / 2),
    faults,
    run(load, abort) {
      const created = createLoadRun(load, clock);
      run = created;
      for (const dialog of dialogs) created.add(dialog);
      return created.run(abort);
    },
  };
}
