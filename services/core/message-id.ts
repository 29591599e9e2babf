/**
 * Message ids: 41 bits of milliseconds since 2021-01-01T00:00:00Z, 12 bits of generator, 10 bits of sequence.
 * Those of one generator strictly increase, whatever the clock does; across a restart too, because a
 * generator starts above the id time that its earlier holder reserved.
 */
import type { MessageId } from './ids.ts';

/** 2021-01-01T00:00:00Z in milliseconds since 1970. */
export const messageIdEpochMs = 1_609_459_200_000;
export const generatorCount = 4096;
const sequenceCount = 1024;
const maxMs = 2 ** 41 - 1;
/** How far ids may run ahead of the clock. */
const maxAheadMs = 60_000;

export interface MessageIds {
  /**
   * The next id, above `above` and every id given before. Undefined when that would be more than a minute
   * ahead of the clock or past the reserved time: not ready, try again later.
   */
  next(above: bigint): MessageId | undefined;
  /** Ids up to this time (milliseconds since 1970, inclusive) may be given: the lease's note says so durably. */
  reserve(untilMs: number): void;
  /** Up to which time `next` wants ids reserved now: the clock, or the last id when that is ahead. */
  usedUpToMs(): number;
}

export interface MessageIdSettings {
  /** 0 to 4095, held by a lease. */
  readonly generator: number;
  readonly nowMs: () => number;
  /** Id time reserved by the generator's earlier holders, in milliseconds since 1970; ids start above it. */
  readonly startAboveMs: number;
}

export function createMessageIds(settings: MessageIdSettings): MessageIds {
  const { generator, nowMs } = settings;
  if (!Number.isInteger(generator) || generator < 0 || generator >= generatorCount)
    throw new RangeError(`generator ${generator} is not in 0 to ${generatorCount - 1}`);
  let lastMs = Math.max(0, Math.floor(settings.startAboveMs) - messageIdEpochMs);
  let sequence = sequenceCount - 1;
  let reservedMs = -1;
  const clockMs = (): number => Math.floor(nowMs()) - messageIdEpochMs;
  return {
    next(above) {
      const clock = clockMs();
      const aboveMs = Number(above >> 22n);
      let ms = Math.max(0, clock, lastMs, aboveMs);
      let next = ms === lastMs ? sequence + 1 : 0;
      const low = generator * sequenceCount + next;
      if (next === sequenceCount || (ms === aboveMs && low <= Number(above & 0x3fffffn))) {
        ms += 1;
        next = 0;
      }
      if (ms > clock + maxAheadMs || ms > reservedMs || ms > maxMs) return undefined;
      lastMs = ms;
      sequence = next;
      return composeMessageId({ ms: ms + messageIdEpochMs, generator, sequence: next });
    },
    reserve(untilMs) {
      reservedMs = Math.max(reservedMs, Math.floor(untilMs) - messageIdEpochMs);
    },
    usedUpToMs: () => Math.max(clockMs(), lastMs) + messageIdEpochMs,
  };
}

export interface MessageIdParts {
  /** Milliseconds since 1970. */
  readonly ms: number;
  readonly generator: number;
  readonly sequence: number;
}

export function composeMessageId({ ms, generator, sequence }: MessageIdParts): MessageId {
  const high = BigInt(ms - messageIdEpochMs) << 22n;
  return (high | BigInt(generator * sequenceCount + sequence)) as MessageId;
}

export function splitMessageId(id: MessageId): MessageIdParts {
  const low = Number(id & 0x3fffffn);
  return {
    ms: messageIdTimeMs(id),
    generator: Math.floor(low / sequenceCount),
    sequence: low % sequenceCount,
  };
}

/** Milliseconds since 1970. */
export function messageIdTimeMs(id: bigint): number {
  return Number(id >> 22n) + messageIdEpochMs;
}
