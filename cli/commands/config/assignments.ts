/**
 * What `config set` is given, as a change: "key=value" for a text, "key.field=value" for one field of a
 * hash, "key={...}" for a whole hash, "key=" removes.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { ConfigValue, ConfigValues } from './configurator.ts';

/** The keys that hold hashes, also while they are empty. */
const hashKeys = ['partitioning.server-partitions', 'partitioning.server-addresses'];

export function parseAssignments(
  texts: readonly string[],
  present: Readonly<Record<string, ConfigValue>>,
): ConfigValues {
  const values: Record<string, ConfigValue | null> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) {
      throw new CecochatError('usage.invalid', `argument "${text}" is not of the form key=value`, {
        hint: 'cecochat config set history.user.message-count=50',
      });
    }
    const key = text.slice(0, at);
    const value = text.slice(at + 1);
    const hash = hashKeys.find((known) => key.startsWith(`${known}.`));
    if (hash === undefined) {
      values[key] = value === '' ? null : hashKeys.includes(key) ? parseHash(key, value) : value;
    } else {
      const { [key.slice(hash.length + 1)]: _old, ...others } = asHash(hash in values ? values[hash] : present[hash]);
      values[hash] = value === '' ? others : { ...others, [key.slice(hash.length + 1)]: value };
    }
  }
  return values;
}

function asHash(value: ConfigValue | null | undefined): Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null ? value : {};
}

function parseHash(key: string, text: string): ConfigValue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CecochatError('usage.invalid', `value of ${key}: "${text}" is no JSON object`, {
      hint: `cecochat config set '${key}={"s1":"...","s2":"..."}', or ${key}.s1=...`,
    });
  }
  return Object.fromEntries(Object.entries(value).map(([field, entry]) => [field, String(entry)]));
}
