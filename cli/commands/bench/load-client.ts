/**
 * One client among thousands: frames are scanned, not decoded, and what it does after a refusal or a lost stream
 * are the client library's own rules (outbox, next step): the same key goes out again, the feed goes on after the
 * last cursor. Nothing is confirmed.
 */
import { OpenRequest, OpenResponse, type SendResult } from '../../../protos/gen/cecochat/v1/chat.ts';
import { dialogOf } from '../../../services/core/chat-id.ts';
import { CecochatError } from '../../../services/core/errors.ts';
import { asError } from '../../../services/core/thrown.ts';
import { parseUserId } from '../../../services/core/ids.ts';
import type { Random } from '../../../services/core/random.ts';
import type { Cancellable, Clock } from '../../../services/core/time/clock.ts';
import { discover } from '../../client/discovery.ts';
import { createOutbox } from '../../client/outbox.ts';
import { nextStep } from '../../client/retry.ts';
import { textContent } from '../../client/sender.ts';
import type { ConnectionPlan } from './orders.ts';
import { chatPath, openRawStream, type RawStream } from './raw-stream.ts';
import { countUp, createFrameScanner, firstKey, keyLength, sameCounter, sameSeries, touchKey } from './wire.ts';

/** What becomes of it, as it happens. */
export interface LoadClientEvents {
  /** A stream is open, the first or a later one. */
  welcomed(): void;
  acknowledged(): void;
  delivered(): void;
  misplaced(): void;
  /** A send was refused and goes out again. */
  refused(): void;
  /** A stream was lost and is opened again. */
  lost(): void;
  /** It gives up. */
  failed(error: Error): void;
}

export interface LoadClient {
  /** Sends the next message, or keeps it until it can go out. */
  send(): void;
  /** Sends what has waited long enough. */
  tick(nowMs: number): void;
  /** Messages that were neither acknowledged nor finally refused. */
  readonly unsettled: number;
}

export interface LoadClientRequest {
  readonly plan: ConnectionPlan;
  readonly connectUrl: string;
  readonly text: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly events: LoadClientEvents;
}

const welcomeWithinMs = 20_000;
const frameBytes = 256 * 1024;
const emptyFrame: OpenRequest = { hello: undefined, sends: [], confirmations: [], renewToken: '', ping: undefined };

export function openLoadClient(request: LoadClientRequest): LoadClient {
  const { plan, connectUrl, clock, random, signal, events } = request;
  const outbox = createOutbox(random, () => clock.nowMs());
  const chatId = chatOf(plan);
  const content = textContent(request.text);
  const key = firstKey(clock.nowMs(), plan.series);
  const acknowledged = firstKey(0, 0);
  const received = firstKey(0, 0);
  let { address } = plan;
  let cursor = Buffer.alloc(0);
  let stream: RawStream | undefined;
  let patience: Cancellable | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let failures = 0;

  const flush = (): void => {
    const nowMs = clock.monotonicMs();
    const sends = outbox.take(nowMs, frameBytes);
    if (sends.length > 0) stream?.write(Buffer.from(OpenRequest.encode({ ...emptyFrame, sends }).finish()));
    dueMs = outbox.wakeAtMs(nowMs) ?? Number.POSITIVE_INFINITY;
  };
  const accepted = (of: string): void => {
    // Its record and an answer to a resend may both tell it.
    if (!outbox.accepted(of)) return;
    countUp(acknowledged);
    if (!sameCounter(Buffer.from(of, 'latin1'), 0, acknowledged)) events.misplaced();
    events.acknowledged();
  };
  const result = ({ key: of, result: outcome }: SendResult): void => {
    if (outcome?.$case === 'accepted') accepted(of);
    if (outcome?.$case !== 'refused') return;
    const { code, detail } = outcome.value;
    const what = outbox.refused(of, code, clock.monotonicMs());
    if (what === 'retry') events.refused();
    // The library would ask history about a key that has expired; here nothing waits for so long.
    else if (what !== 'unknown') events.failed(new Error(`a send was refused: ${code} ${detail}`));
  };
  const welcome = (frame: Buffer): void => {
    patience?.cancel();
    failures = 0;
    const { welcome: of } = OpenResponse.decode(frame);
    if (cursor.length === 0) cursor = Buffer.from(of?.cursor ?? cursor);
    outbox.connected(of?.limits ?? { sendsInFlight: 64, sendsPerSecond: 0, sendsBurst: 0 }, clock.monotonicMs());
    events.welcomed();
  };
  const scan = createFrameScanner({
    welcome,
    ack: (frame, keyAt) => accepted(frame.toString('latin1', keyAt, keyAt + keyLength)),
    message(frame, keyAt) {
      if (sameSeries(frame, keyAt, key)) {
        accepted(frame.toString('latin1', keyAt, keyAt + keyLength));
        return;
      }
      countUp(received);
      if (!sameCounter(frame, keyAt, received)) events.misplaced();
      events.delivered();
    },
    result(frame) {
      for (const one of OpenResponse.decode(frame).results) result(one);
    },
    cursor(frame, from, to) {
      cursor = Buffer.from(frame.subarray(from, to));
    },
  });

  const lost = (error: Error): void => {
    patience?.cancel();
    stream = undefined;
    outbox.disconnected();
    failures += 1;
    const step = nextStep({ error, failures, unauthenticated: 1 }, random);
    // Its token outlives the benchmark, and so does the log: both would be faults of the server.
    if (step.kind === 'stop' || step.renew || step.backfill) {
      events.failed(error);
      return;
    }
    events.lost();
    clock.after(step.delayMs, () => {
      connect(step.discover).catch((cause: unknown) => lost(asError(cause)));
    });
  };
  const connect = async (discoverFirst: boolean): Promise<void> => {
    if (signal.aborted) return;
    if (discoverFirst) ({ messagingAddress: address } = await discover({ connectUrl, token: plan.token, signal }));
    const opened = openRawStream({
      address,
      token: plan.token,
      path: chatPath,
      frame(frame) {
        scan(frame);
        if (outbox.unsettled > 0) flush();
      },
      ended: (error) => lost(error),
    });
    stream = opened;
    patience = clock.after(welcomeWithinMs, () => {
      opened.close();
      lost(new CecochatError('deadline.exceeded', `${address} did not welcome a stream in ${welcomeWithinMs} ms`));
    });
    opened.write(Buffer.from(OpenRequest.encode({ ...emptyFrame, hello: { cursor } }).finish()));
  };
  void connect(false);

  return {
    send() {
      const madeMs = Math.floor(clock.nowMs());
      touchKey(key, madeMs);
      countUp(key);
      const sizeBytes = request.text.length + 160;
      outbox.add({ key: key.toString('latin1'), madeMs, chatId, content, targetId: 0n, sizeBytes });
      flush();
    },
    tick(nowMs) {
      if (nowMs >= dueMs) flush();
    },
    get unsettled() {
      return outbox.unsettled;
    },
  };
}

function chatOf({ userId, toUserId }: ConnectionPlan): string {
  const one = parseUserId(userId);
  const other = parseUserId(toUserId);
  const dialog = one === undefined || other === undefined ? undefined : dialogOf(one, other);
  if (dialog === undefined) throw new CecochatError('internal', `users ${userId} and ${toUserId} have no dialog`);
  return dialog.chatId;
}
