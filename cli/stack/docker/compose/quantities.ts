/**
 * Durations and sizes as the compose specification writes them: "1m30s", "500ms"; "1536m", "1g", "1gb", 1024.
 */
const unitsMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** In milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h|d))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitsMs[unit ?? ''] ?? Number.NaN);
  }
  return totalMs;
}

/** In bytes; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * (sizes[match[2]?.toLowerCase() || 'b'] ?? 1));
}
