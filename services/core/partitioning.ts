/**
 * Which partition holds a user's feed. Stable for ever: golden values in partitioning.test.ts.
 */
import type { UserId } from './ids.ts';

const offset = 92821;
const prime = 486187739;

/** 32-bit FNV-style fold over four signed 16-bit chunks of the int64, highest first. */
export function userHash(userId: bigint): number {
  // Numbers instead of bigints: this runs several times per message. Exact in a double for nearly all ids.
  const id = Number(userId);
  const isExact = id >= 0 && id <= Number.MAX_SAFE_INTEGER;
  const high = isExact ? Math.floor(id / 2 ** 32) : Number(BigInt.asIntN(32, userId >> 32n));
  const low = isExact ? id | 0 : Number(BigInt.asIntN(32, userId));
  let hash = Math.imul(offset, prime) ^ (high >> 16);
  hash = Math.imul(hash, prime) ^ ((high << 16) >> 16);
  hash = Math.imul(hash, prime) ^ (low >> 16);
  return (Math.imul(hash, prime) ^ ((low << 16) >> 16)) | 0;
}

/** Partition of a user, 0 to partitionCount - 1. */
export function partitionOf(userId: UserId, partitionCount: number): number {
  return Math.abs(userHash(userId)) % partitionCount;
}
