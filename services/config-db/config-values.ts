/**
 * The forms of single configuration values.
 */
const addressForm = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)):([0-9]{1,5})$/;

/** "host:port", "[::1]:port": undefined when it is right, else what is wrong. */
export function parseAddress(text: string): string | undefined {
  const found = addressForm.exec(text);
  if (found === null) return 'is no address of the form host:port';
  const port = Number(found[3]);
  return port < 1 || port > 65_535 ? 'has a port that is not between 1 and 65535' : undefined;
}

export function parseCount(text: string, range: { min: number; max: number }): number | { reason: string } {
  const value = Number(text);
  if (!/^[0-9]{1,9}$/.test(text)) return { reason: 'is no whole number' };
  if (value < range.min || value > range.max) return { reason: `is not between ${range.min} and ${range.max}` };
  return value;
}

export function parseServerId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(text);
}
