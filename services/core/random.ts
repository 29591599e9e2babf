/**
 * Chance arrives as a parameter: the system's for servers, a seeded one for simulations and tests.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Unpredictable bytes from the system source; reproducible ones from a seeded source. */
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = {
  next: () => systemBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: systemBytes,
};

/** mulberry32 (Tommy Ettinger, public domain): small, fast, good enough to draw schedules from. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}

/** An integer in [0, below). */
export function randomInt(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

/** The global is loaded at its first use: importing node:crypto costs a short-lived program several milliseconds. */
function systemBytes(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  // At most 65 536 bytes a call (Web Crypto).
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
