/**
 * What the benchmark's processes say to each other over their IPC channel.
 */
import type { BatchShape } from './external/bare-producer.ts';
import type { FloorPlace } from './external/round-trip.ts';
import type { SavedHistogram } from './histogram.ts';

export interface Peer {
  /** Where this user's messaging server is: "127.0.0.1:7110". */
  readonly address: string;
  readonly token: string;
  /** Decimal. */
  readonly userId: string;
}

export interface DialogPlan {
  readonly sender: Peer;
  readonly receiver: Peer;
  /** Tells this sender's keys from all others'. */
  readonly series: number;
}

export interface ConnectionPlan extends Peer {
  readonly toUserId: string;
  readonly series: number;
}

export type Order =
  /** Be the server of the floor: send back what comes. */
  | { readonly kind: 'echo' }
  | ({ readonly kind: 'floor'; readonly address: string; readonly streams: number } & Load)
  | ({ readonly kind: 'kafka-round-trip'; readonly place: FloorPlace; readonly streams: number } & Load)
  | ({ readonly kind: 'kafka-produce'; readonly place: FloorPlace; readonly shape: BatchShape } & Load)
  | { readonly kind: 'open-dialogs'; readonly dialogs: readonly DialogPlan[]; readonly textBytes: number }
  | ({ readonly kind: 'run' } & Load)
  | {
      readonly kind: 'open-connections';
      readonly connections: readonly ConnectionPlan[];
      readonly connectUrl: string;
      readonly textBytes: number;
    }
  | { readonly kind: 'send'; readonly messages: number; readonly intervalMs: number };

export interface Load {
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly textBytes: number;
  /** Messages in flight per dialog; with a rate, the most. */
  readonly inFlight: number;
  /** Messages a second of this process; undefined: as fast as the answers come. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly kind: 'result';
  /** Within the measured time. */
  readonly completed: number;
  /** From the (intended) send to the receiver. */
  readonly delivery: SavedHistogram;
  /** From the (intended) send to the durable acknowledgement. */
  readonly acknowledgement: SavedHistogram;
  /** Messages that came lost, doubled or out of order. */
  readonly misplaced: number;
  readonly faults: readonly string[];
  readonly cpuMs: number;
}

export type Answer =
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'opened'; readonly open: number; readonly faults: readonly string[] }
  | LoadResult
  | Progress
  | { readonly kind: 'failed'; readonly message: string };

export interface Progress {
  readonly kind: 'progress';
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly misplaced: number;
  /** Sends that were refused and went out again. */
  readonly refused: number;
  /** Streams that were lost and opened again. */
  readonly lost: number;
  readonly faults: readonly string[];
  readonly cpuMs: number;
  /** Milliseconds from the first send to the last delivery so far. */
  readonly lastDeliveryMs: number;
  readonly latency: SavedHistogram;
}

/** The channel is private to the benchmark's own processes: the kind alone is checked. */
export function isOrder(value: unknown): value is Order {
  return hasKind(value, [
    'echo',
    'floor',
    'kafka-round-trip',
    'kafka-produce',
    'open-dialogs',
    'run',
    'open-connections',
    'send',
  ]);
}

export function isAnswer(value: unknown): value is Answer {
  return hasKind(value, ['listening', 'opened', 'result', 'progress', 'failed']);
}

function hasKind(value: unknown, kinds: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return typeof value.kind === 'string' && kinds.includes(value.kind);
}
