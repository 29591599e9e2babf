/**
 * Times for people, in this machine's time zone. Formatting is slow, so that the answers of the latest minutes
 * and days are remembered.
 */
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const date = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
/** Offsets from UTC are multiples of it: within one, minute by minute, the day is the same. */
const quarterMs = 15 * 60_000;

/** "14:03" */
export const timeOfDay = remembered(60_000, (timeMs) => minute.format(timeMs));
/** "Thursday 26 November 2026" */
export const dayOf = remembered(quarterMs, (timeMs) => day.format(timeMs).replace(',', ''));
/** "2026-11-26" */
export const dateOf = remembered(quarterMs, (timeMs) => date.format(timeMs));

/** For a list: the time today, the weekday within six days, else the date. */
export function shortTime(timeMs: number, nowMs: number): string {
  if (dateOf(timeMs) === dateOf(nowMs)) return timeOfDay(timeMs);
  const ageMs = nowMs - timeMs;
  return ageMs > 0 && ageMs < 6 * 24 * 3_600_000 ? weekday.format(timeMs) : dateOf(timeMs);
}

function remembered(everyMs: number, format: (timeMs: number) => string): (timeMs: number) => string {
  const known = new Map<number, string>();
  return (timeMs) => {
    const slot = Math.floor(timeMs / everyMs);
    let text = known.get(slot);
    if (text === undefined) {
      if (known.size >= 2_000) known.clear();
      text = format(slot * everyMs);
      known.set(slot, text);
    }
    return text;
  };
}
