/**
 * Tells watchers of changes: at each message, after each connection, and by looking at the version, so that one is
 * told late at worst, also when messages or the connection were lost without a word.
 */
import type { Clock } from '../../core/time/clock.ts';
import type { RedisClient } from './redis-connection.ts';
import { redisChannel, redisLeaseChannel } from './redis-keys.ts';

export interface RedisWatch {
  add(what: 'config' | 'leases', changed: () => void): AsyncDisposable;
  close(): void;
}

export interface RedisWatchDeps {
  readonly connect: () => RedisClient;
  readonly clock: Clock;
  /** Makes changes of what was written by hand; resolves to a version that was there before. */
  readonly takeOver: () => Promise<number>;
}

const compareMs = 5_000;

/** Connects at the first watcher. */
export function createRedisWatch({ connect, clock, takeOver }: RedisWatchDeps): RedisWatch {
  const watchers = { config: new Set<() => void>(), leases: new Set<() => void>() };
  let subscriber: RedisClient | undefined;
  let toldOf = 0;

  const tellAll = (): void => {
    for (const changed of watchers.config) changed();
  };
  const tellOfLeases = (): void => {
    for (const changed of watchers.leases) changed();
  };
  /** Also when that failed, so that they notice by themselves. */
  const compare = (): void => {
    takeOver()
      .then((version) => (toldOf = version))
      .catch(() => undefined)
      .finally(tellAll);
  };
  const heard = (message: string): void => {
    const version = /^version ([0-9]+)$/.exec(message)?.[1];
    if (version === undefined) {
      compare();
      return;
    }
    toldOf = Number(version);
    tellAll();
  };
  const subscribe = async (connection: RedisClient): Promise<void> => {
    try {
      await connection.subscribe(redisChannel, redisLeaseChannel);
    } catch {
      // No answer on an open connection: the other side may be gone without a word.
      if (connection.status === 'ready') connection.disconnect(true);
    }
  };
  const open = (): RedisClient => {
    const connection = connect();
    connection.on('error', () => undefined);
    connection.on('ready', () => void subscribe(connection).then(compare).then(tellOfLeases));
    connection.on('message', (channel: string, message: string) => {
      if (channel === redisLeaseChannel) tellOfLeases();
      else heard(message);
    });
    connection.connect().catch(() => undefined);
    return connection;
  };
  const comparing = clock.every(compareMs, () => {
    if (watchers.config.size === 0 && watchers.leases.size === 0) return;
    // Once more costs nothing, and shows whether the connection lives.
    if (subscriber?.status === 'ready') void subscribe(subscriber);
    takeOver().then(
      (version) => {
        if (version === toldOf) return;
        toldOf = version;
        tellAll();
      },
      () => undefined,
    );
  });

  return {
    add(what, changed) {
      const watcher = (): void => changed();
      watchers[what].add(watcher);
      subscriber ??= open();
      return {
        async [Symbol.asyncDispose]() {
          watchers[what].delete(watcher);
        },
      };
    },
    close() {
      comparing.cancel();
      watchers.config.clear();
      watchers.leases.clear();
      subscriber?.disconnect();
    },
  };
}
