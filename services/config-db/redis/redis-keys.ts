/**
 * The names of everything in Redis. The values of the configuration are plain strings and hashes, so that they can
 * be looked at and changed by hand; the braces put all of a stack into one slot of a cluster.
 */
const prefix = '{cecochat}:';

export const redisKeys = {
  prefix,
  /** Hash: key of the configuration → JSON of its value as it was last accepted. */
  accepted: `${prefix}config.accepted`,
  version: `${prefix}config.version`,
  /** List of changes as JSON, the newest first. */
  log: `${prefix}config.log`,
  term: `${prefix}term`,
  /** Hash: lease → JSON. One for each kind of lease: what stands before the slash. */
  leases: (kind: string): string => `${prefix}leases.${kind}`,
  /** Set of these kinds. */
  leaseKinds: `${prefix}lease-kinds`,
} as const;

/** Published to after each change; a hand-made one is announced by publishing anything else. */
export const redisChannel = `${prefix}config.changed`;

/** Published to when a lease gets another holder, or is released. */
export const redisLeaseChannel = `${prefix}leases.changed`;

export const newestKept = 10_000;
