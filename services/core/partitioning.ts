/**
 * Which partition holds a user's feed. Stable for ever: golden values in partitioning.test.ts.
 */
import type { UserId } from './ids.ts';

const offset = 92821;
const prime = 486187739;

/** 32-bit FNV-style fold over four signed 16-bit chunks of the int64, highest first. */
export function userHash(userId: bigint): number {
  let hash = offset;
  for (const shift of [48n, 32n, 16n, 0n]) {
    const chunk = Number(BigInt.asIntN(16, userId >> shift));
    hash = Math.imul(hash, prime) ^ chunk;
  }
  return hash | 0;
}

/** Partition of a user, 0 to partitionCount - 1. */
export function partitionOf(userId: UserId, partitionCount: number): number {
  return Math.abs(userHash(userId)) % partitionCount;
}
