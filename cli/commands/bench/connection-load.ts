/**
 * Many connections, each a client of its own that sends a few messages at a fixed interval to a neighbour.
 * Opened so many at a time; the sends are spread over the interval.
 */
import { OpenResponse } from '../../../protos/gen/cecochat/v1/chat.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import { helloFrame } from './dialog-load.ts';
import { createHistogram } from './histogram.ts';
import type { ConnectionPlan, Progress } from './orders.ts';
import { chatPath, openRawStream, type RawStream } from './raw-stream.ts';
import { countUp, createFrameScanner, createSendTemplate, firstKey, sameCounter, type SendTemplate } from './wire.ts';

export interface Connections {
  readonly open: number;
  readonly faults: readonly string[];
  /** Starts sending; follow it by `progress`. */
  send(messages: number, intervalMs: number): void;
  progress(): Progress;
}

interface Sender {
  readonly stream: RawStream;
  readonly template: SendTemplate;
  readonly key: Buffer;
  sent: number;
  nextDueMs: number;
}

const atATime = 100;
const openWithinMs = 20_000;
const tickMs = 5;
const mostFaults = 10;

export async function openConnections(request: {
  readonly plans: readonly ConnectionPlan[];
  readonly textBytes: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<Connections> {
  const { plans, textBytes, clock, signal } = request;
  const text = 'x'.repeat(textBytes);
  const faults: string[] = [];
  const senders: Sender[] = [];
  const latency = createHistogram();
  /** When the message of a receiver's number was due: the sender's schedule, which is the same process's. */
  const dueOf = new Map<string, Sender>();
  let open = 0;
  let acknowledged = 0;
  let delivered = 0;
  let misplaced = 0;
  let startMs = 0;
  let interval = 0;
  let lastDeliveryMs = 0;

  const fault = (why: string): void => {
    if (faults.length < mostFaults) faults.push(why);
  };
  const openOne = (plan: ConnectionPlan, settled: (ok: boolean) => void): void => {
    const received = firstKey(0, 0);
    const confirmed = firstKey(0, 0);
    let arrived = 0;
    const scan = createFrameScanner({
      welcome() {
        open += 1;
        settled(true);
      },
      ack(frame, keyAt) {
        countUp(confirmed);
        if (!sameCounter(frame, keyAt, confirmed)) misplaced += 1;
        acknowledged += 1;
      },
      message(frame, keyAt) {
        countUp(received);
        if (!sameCounter(frame, keyAt, received)) misplaced += 1;
        delivered += 1;
        const nowMs = clock.monotonicMs();
        lastDeliveryMs = nowMs - startMs;
        const from = dueOf.get(plan.userId);
        if (from !== undefined) latency.record((nowMs - (from.nextDueMs - (from.sent - arrived) * interval)) * 1000);
        arrived += 1;
      },
      result(frame) {
        for (const { result } of OpenResponse.decode(frame).results) {
          if (result?.$case === 'refused') fault(`a send was refused: ${result.value.code} ${result.value.detail}`);
        }
      },
    });
    const stream = openRawStream({
      address: plan.address,
      token: plan.token,
      path: chatPath,
      frame: scan,
      ended(error) {
        fault(error.message);
        settled(false);
      },
    });
    stream.write(helloFrame);
    const template = createSendTemplate(BigInt(plan.toUserId), text);
    const sender = { stream, template, key: firstKey(clock.nowMs(), plan.series), sent: 0, nextDueMs: 0 };
    senders.push(sender);
    dueOf.set(plan.toUserId, sender);
  };
  const openNext = async (queue: ConnectionPlan[]): Promise<void> => {
    for (let plan = queue.pop(); plan !== undefined && faults.length === 0; plan = queue.pop()) {
      const one = plan;
      await new Promise<void>((resolve) => {
        const patience = clock.after(openWithinMs, () => {
          fault(`${one.address} did not welcome a stream within ${openWithinMs / 1000} s`);
          resolve();
        });
        openOne(one, () => {
          patience.cancel();
          resolve();
        });
      });
      signal.throwIfAborted();
    }
  };
  const queue = plans.toReversed();
  await Promise.all(Array.from({ length: atATime }, () => openNext(queue)));

  return {
    open,
    faults,
    send(messages, intervalMs) {
      startMs = clock.monotonicMs();
      interval = intervalMs;
      senders.forEach((sender, index) => {
        sender.nextDueMs = startMs + (index / senders.length) * intervalMs;
      });
      const ticker = clock.every(tickMs, () => {
        const nowMs = clock.monotonicMs();
        let left = false;
        for (const sender of senders) {
          if (sender.sent === messages) continue;
          left = true;
          if (sender.nextDueMs > nowMs) continue;
          sender.stream.write(sender.template.frame(sender.key, 1));
          sender.sent += 1;
          sender.nextDueMs += intervalMs;
        }
        if (!left) ticker.cancel();
      });
    },
    progress() {
      const { user, system } = process.cpuUsage();
      return {
        kind: 'progress',
        sent: senders.reduce((sum, sender) => sum + sender.sent, 0),
        acknowledged,
        delivered,
        misplaced,
        faults,
        cpuMs: (user + system) / 1000,
        lastDeliveryMs,
        latency: latency.save(),
      };
    },
  };
}
