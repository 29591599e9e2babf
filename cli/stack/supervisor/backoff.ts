/**
 * How soon a server that ended starts again.
 */
import type { Random } from '../../../services/core/random.ts';

const firstMs = 200;
const longestMs = 15_000;

/**
 * Doubles with each end in a row, up to 15 s; half of it is by chance, so that servers that fell together do not rise
 * together. `ends`: how often it has ended in a row, 1 at least.
 */
export function restartDelayMs(ends: number, random: Random): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(ends - 1, 16));
  return Math.round(wholeMs / 2 + (wholeMs / 2) * random.next());
}
