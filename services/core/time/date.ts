/**
 * Dates for packages that ask for one, and for people. They are made from a Clock's milliseconds only.
 */
export function dateAt(timeMs: number): Date {
  return new Date(timeMs);
}
