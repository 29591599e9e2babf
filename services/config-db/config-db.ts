/**
 * The configuration database: the dynamic configuration with its version, change log and notifications;
 * leases (server ids, generator numbers); and the counter of terms.
 * Errors: engine.unavailable (try again), config.conflict (another change came first).
 */
export type ConfigValue = string | Readonly<Record<string, string>>;

export interface ConfigSnapshot {
  /** Grows with every change; 0 before the first. */
  readonly version: number;
  readonly values: ReadonlyMap<string, ConfigValue>;
}

export interface ConfigChange {
  readonly version: number;
  readonly atMs: number;
  /** Who made it: a user, a server id or a command. */
  readonly author: string;
  readonly entries: readonly ConfigChangeEntry[];
}

export interface ConfigChangeEntry {
  readonly key: string;
  readonly before: ConfigValue | undefined;
  /** Undefined removes the key. */
  readonly after: ConfigValue | undefined;
}

/** A named claim that ends by itself when it is not renewed. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** By the clock of the database. */
  readonly expiresAtMs: number;
  /** Until its end, when the database answered; 0 when it has ended. To tell whether it lives, look here. */
  readonly leftMs: number;
  /** Free text that outlives the holder, for the next one (a generator's reserved id time, say). */
  readonly note: string;
}

export interface LeaseClaim {
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
  /** Replaces the note. */
  readonly note?: string;
  /** Watchers of leases hear of it, also when the holder stays the same. */
  readonly announce?: boolean;
}

export interface ConfigDb extends AsyncDisposable {
  readonly durability: string;
  read(): Promise<ConfigSnapshot>;
  /** All or nothing: values, version, log entry and notification in one step. config.conflict when `expectedVersion` is not the present one. */
  apply(change: {
    expectedVersion: number;
    author: string;
    values: ReadonlyMap<string, ConfigValue | undefined>;
  }): Promise<ConfigChange>;
  /** Newest first. */
  log(limit: number): Promise<readonly ConfigChange[]>;
  /** Calls back after every change, and after any time in which one may have been missed; never before `read` shows it. */
  watch(changed: () => void): AsyncDisposable;

  /** The lease, now this holder's (also when it already was: renews and replaces the note when one is given); undefined while another holds it. */
  acquire(claim: LeaseClaim): Promise<Lease | undefined>;
  /** Ends it at once if this holder has it; its note stays. */
  release(claim: { name: string; holder: string }): Promise<void>;
  /** Also ended ones, as long as their note is kept: `leftMs` tells. */
  leases(prefix: string): Promise<readonly Lease[]>;

  /**
   * Calls back after a lease got another holder or was released, not when it was renewed (unless that says `announce`)
   * or ran out; and after any time in which a call may have been missed.
   */
  watchLeases(changed: () => void): AsyncDisposable;

  /** A term above every earlier one and above `above`. */
  nextTerm(above: number): Promise<number>;
}
