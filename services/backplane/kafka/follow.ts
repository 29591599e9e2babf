/**
 * Hands one partition's records to a tail's handler, in order, one batch at a time. What comes while the
 * handler holds the partition back waits here, within a bound; beyond it the partition is left out of the polls.
 */
import type { StoredRecord, TailHandler } from '../backplane.ts';
import type { Fetched } from './leader-loop.ts';

export interface Follow extends Fetched {
  /** Ends it and tells the handler why. */
  readonly fail: (error: unknown) => void;
  readonly stop: () => void;
}

const maxQueuedBytes = 512 * 1024;

export function createFollow(options: {
  readonly partition: number;
  readonly from: number;
  readonly handler: TailHandler;
  /** `isPaused` changed. */
  readonly changed: (follow: Follow) => void;
  readonly refused: (follow: Follow, code: number) => void;
  readonly ended: (follow: Follow) => void;
}): Follow {
  const { partition, handler } = options;
  let isStopped = false;
  let isHeld = false;
  let queue: StoredRecord[] = [];
  let queuedBytes = 0;

  const hand = (records: readonly StoredRecord[]): void => {
    let held: void | Promise<void>;
    try {
      held = handler.records(partition, records);
    } catch (error) {
      follow.fail(error);
      return;
    }
    if (held === undefined) return;
    isHeld = true;
    held.then(release, follow.fail);
  };

  const release = (): void => {
    isHeld = false;
    if (isStopped) return;
    const records = queue;
    queue = [];
    queuedBytes = 0;
    if (follow.isPaused) {
      follow.isPaused = false;
      options.changed(follow);
    }
    if (records.length > 0) hand(records);
  };

  const follow: Follow = {
    partition,
    next: options.from,
    isPaused: false,
    refused(code) {
      if (!isStopped) options.refused(follow, code);
    },
    deliver(records) {
      if (isStopped) return;
      if (!isHeld) {
        hand(records);
        return;
      }
      for (const record of records) {
        queue.push(record);
        queuedBytes += record.value.length;
      }
      if (follow.isPaused || queuedBytes <= maxQueuedBytes) return;
      follow.isPaused = true;
      options.changed(follow);
    },
    fail(error) {
      if (isStopped) return;
      follow.stop();
      options.ended(follow);
      handler.failed(partition, error);
    },
    stop() {
      isStopped = true;
      queue = [];
    },
  };
  return follow;
}
