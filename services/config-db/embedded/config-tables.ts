/**
 * The stored form of the configuration database: JSON by key. Tables: values (key), changes (version u48
 * big-endian), leases (name), counters ("version", "term").
 */
import type { LmdbFolder } from '../../embedded/lmdb-folder.ts';
import type { ConfigChange, ConfigSnapshot, ConfigValue, Lease } from '../config-db.ts';

export type StoredLease = Omit<Lease, 'leftMs'>;

/** A mutable copy of everything but the log. */
export interface ConfigState {
  version: number;
  term: number;
  readonly values: Map<string, ConfigValue>;
  readonly leases: Map<string, StoredLease>;
}

export interface ConfigTables {
  load(): ConfigState;
  snapshot(): ConfigSnapshot;
  log(limit: number): ConfigChange[];
  leases(prefix: string): StoredLease[];
  /** The version, the values and the log entry. */
  putChange(change: ConfigChange): void;
  putLease(lease: StoredLease): void;
  putTerm(term: number): void;
}

export function createConfigTables(folder: LmdbFolder): ConfigTables {
  const values = folder.table('values');
  const changes = folder.table('changes');
  const leases = folder.table('leases');
  const counters = folder.table('counters');

  const counter = (name: string): number => Number(counters.get(Buffer.from(name))?.toString('latin1') ?? '0');
  const loadValues = (): Map<string, ConfigValue> => {
    const loaded = new Map<string, ConfigValue>();
    for (const { key, value } of values.getRange({})) loaded.set(key.toString('utf8'), fromJson<ConfigValue>(value));
    return loaded;
  };
  const loadLeases = (prefix: string): StoredLease[] => {
    const found: StoredLease[] = [];
    for (const { key, value } of leases.getRange({ start: Buffer.from(prefix === '' ? '\0' : prefix) })) {
      if (!key.toString('utf8').startsWith(prefix)) break;
      found.push(fromJson<StoredLease>(value));
    }
    return found;
  };

  return {
    load: () => ({
      version: counter('version'),
      term: counter('term'),
      values: loadValues(),
      leases: new Map(loadLeases('').map((lease) => [lease.name, lease])),
    }),
    snapshot: () => ({ version: counter('version'), values: loadValues() }),
    log(limit) {
      const found: ConfigChange[] = [];
      if (limit <= 0) return found;
      for (const { value } of changes.getRange({ reverse: true, limit })) found.push(fromJson<ConfigChange>(value));
      return found;
    },
    leases: loadLeases,
    putChange(change) {
      for (const { key, after } of change.entries) {
        if (after === undefined) void values.remove(Buffer.from(key));
        else void values.put(Buffer.from(key), json(after));
      }
      const at = Buffer.alloc(6);
      at.writeUIntBE(change.version, 0, 6);
      void changes.put(at, json(change));
      void counters.put(Buffer.from('version'), Buffer.from(String(change.version)));
    },
    putLease: (lease) => void leases.put(Buffer.from(lease.name), json(lease)),
    putTerm: (term) => void counters.put(Buffer.from('term'), Buffer.from(String(term))),
  };
}

function json(value: object | string): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** What these tables hold was written by `json` of the same type, under the folder's version marker. */
function fromJson<T>(bytes: Buffer): T {
  return JSON.parse(bytes.toString('utf8')) as T;
}
