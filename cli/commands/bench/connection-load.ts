/**
 * Many connections, each a client of its own that sends a few messages at a fixed interval to a neighbour.
 * Opened so many at a time; the sends are spread over the interval.
 */
import type { Random } from '../../../services/core/random.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import { createHistogram } from './histogram.ts';
import { openLoadClient, type LoadClient } from './load-client.ts';
import type { ConnectionPlan, Progress } from './orders.ts';

export interface Connections {
  readonly open: number;
  readonly faults: readonly string[];
  /** Starts sending; follow it by `progress`. */
  send(messages: number, intervalMs: number): void;
  progress(): Progress;
}

interface Sender {
  readonly client: LoadClient;
  sent: number;
  nextDueMs: number;
}

const atATime = 100;
const openWithinMs = 60_000;
const tickMs = 5;
const mostFaults = 10;

export async function openConnections(request: {
  readonly plans: readonly ConnectionPlan[];
  readonly connectUrl: string;
  readonly textBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}): Promise<Connections> {
  const { plans, textBytes, clock, signal } = request;
  const text = 'x'.repeat(textBytes);
  const faults: string[] = [];
  const senders: Sender[] = [];
  const latency = createHistogram();
  /** When the message of a receiver's number was due: the sender's schedule, which is the same process's. */
  const dueOf = new Map<string, Sender>();
  const counts = { acknowledged: 0, delivered: 0, misplaced: 0, refused: 0, lost: 0 };
  let open = 0;
  let startMs = 0;
  let interval = 0;
  let lastDeliveryMs = 0;

  const fault = (why: string): void => {
    if (faults.length < mostFaults) faults.push(why);
  };
  /** `settled`: it is open for the first time, or never will be. */
  const openOne = (plan: ConnectionPlan, settled: () => void): void => {
    let arrived = 0;
    let isNew = true;
    const client = openLoadClient({
      ...request,
      plan,
      text,
      events: {
        welcomed() {
          if (isNew) open += 1;
          isNew = false;
          settled();
        },
        acknowledged: () => void (counts.acknowledged += 1),
        delivered() {
          counts.delivered += 1;
          const nowMs = clock.monotonicMs();
          lastDeliveryMs = nowMs - startMs;
          const from = dueOf.get(plan.userId);
          if (from !== undefined) latency.record((nowMs - (from.nextDueMs - (from.sent - arrived) * interval)) * 1000);
          arrived += 1;
        },
        misplaced: () => void (counts.misplaced += 1),
        refused: () => void (counts.refused += 1),
        lost: () => void (counts.lost += 1),
        failed(error) {
          fault(error.message);
          settled();
        },
      },
    });
    const sender = { client, sent: 0, nextDueMs: 0 };
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
          const isDone = sender.sent === messages;
          if (isDone && sender.client.unsettled === 0) continue;
          left = true;
          sender.client.tick(nowMs);
          if (isDone || sender.nextDueMs > nowMs) continue;
          sender.client.send();
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
        ...counts,
        faults,
        cpuMs: (user + system) / 1000,
        lastDeliveryMs,
        latency: latency.save(),
      };
    },
  };
}
