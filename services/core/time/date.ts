/**
 * Dates for packages that ask for one, and for people. They are made from a Clock's milliseconds only.
 */
export function dateAt(timeMs: number): Date {
  return new Date(timeMs);
}

/** Of a date that is written as ISO 8601; NaN for any other text. */
export function timeOfDate(text: string): number {
  return Date.parse(text);
}
