/**
 * The configuration database on Redis. Every step is one script, so it is atomic; leases end by Redis's clock.
 * A change made by hand and announced by a publish is taken over as a change like any other. Watchers are told
 * after a lost connection as well. Errors: engine.unavailable within seconds, config.conflict.
 */
import { configKeys } from '../dynamic-config.ts';
import type { ConfigChange, ConfigDb, ConfigValue, Lease } from '../config-db.ts';
import { CecochatError } from '../../core/errors.ts';
import type { Clock } from '../../core/time/clock.ts';
import { createRedisClient, describeRedis, type RedisClient, type RedisTls } from './redis-connection.ts';
import { redisChannel, redisKeys, redisLeaseChannel } from './redis-keys.ts';
import {
  acquireScript,
  applyScript,
  leasesScript,
  nextTermScript,
  readScript,
  releaseScript,
  takeOverScript,
} from './redis-scripts.ts';
import { createRedisWatch } from './redis-watch.ts';

export interface RedisConfigDbOptions {
  /** redis://, rediss://, redis+sentinel://, redis+cluster:// */
  readonly url: string;
  /** For rediss://; the authorities of the system when not given. */
  readonly tls?: RedisTls | undefined;
  readonly clock: Clock;
  /** What an operator should know. */
  readonly warn: (fields: object, message: string) => void;
}

const byHand = 'by hand';

/** Has spoken with Redis once when it resolves. Errors: engine.unavailable, settings.invalid. */
export async function openRedisConfigDb(options: RedisConfigDbOptions): Promise<ConfigDb> {
  const { clock, url, warn } = options;
  const client = createRedisClient(url, options.tls);
  const where = describeRedis(url);
  const { version, accepted, log, term, leases, leaseKinds, prefix } = redisKeys;

  /** Why there is no connection now: the failures of calls say only that there is none. */
  let lost: Error | undefined;
  client.on('error', (error: Error) => (lost = error));
  client.on('ready', () => (lost = undefined));

  const away = (cause: unknown): CecochatError => {
    const reason = [...new Set([messageOf(cause), ...(lost === undefined ? [] : [messageOf(lost)])])].join(': ');
    const isLogin = /NOAUTH|WRONGPASS|NOPERM/.test(reason);
    return new CecochatError(
      'engine.unavailable',
      `the configuration database at ${where} does not answer: ${reason}`,
      {
        hint: isLogin ? 'Check user, password and rights in its URL.' : 'Check that Redis runs and can be reached.',
        cause,
      },
    );
  };
  const run = async (script: string, keys: readonly string[], args: readonly string[] = []): Promise<unknown> => {
    try {
      return await client.eval(script, keys.length, ...keys, ...args);
    } catch (error) {
      throw away(error);
    }
  };
  /** The version before. */
  const takeOver = async (): Promise<number> => {
    const { version: present, values } = await read();
    const names = [...new Set([...Object.values(configKeys), ...values.keys()])];
    const keys = [version, accepted, log, ...names.map((name) => prefix + name)];
    const taken = await run(takeOverScript, keys, [redisChannel, byHand, ...names]);
    if (typeof taken === 'string') warn({ change: parse<ConfigChange>(taken) }, 'a change made by hand was taken over');
    return present;
  };
  const read: ConfigDb['read'] = async () => {
    const [number, flat] = asList(await run(readScript, [version, accepted]));
    return {
      version: Number(number),
      values: new Map(pairs(flat).map(([name, json]) => [name, parse<ConfigValue>(json)])),
    };
  };

  const watch = createRedisWatch({
    connect: () => createRedisClient(url, options.tls),
    clock,
    takeOver,
  });

  const close = async (): Promise<void> => {
    watch.close();
    client.disconnect();
  };
  let durability: string;
  try {
    durability = await durabilityOf(client, warn);
    await takeOver();
  } catch (error) {
    await close();
    throw error instanceof CecochatError ? error : away(error);
  }

  return {
    durability,
    read,
    async apply({ expectedVersion, author, values }) {
      const names = [...values.keys()];
      const keys = [version, accepted, log, ...names.map((name) => prefix + name)];
      const args = [...values].flatMap(([name, value]) => [name, value === undefined ? '' : JSON.stringify(value)]);
      const [done, answer] = asList(
        await run(applyScript, keys, [redisChannel, String(expectedVersion), author, ...args]),
      );
      if (Number(done) === 1) return parse<ConfigChange>(answer);
      throw new CecochatError(
        'config.conflict',
        `the change was made for version ${expectedVersion}, but the configuration is at version ${String(answer)} now`,
        { hint: 'look at the present values and try again', data: { version: String(answer) } },
      );
    },
    async log(limit) {
      if (limit <= 0) return [];
      try {
        return (await client.lrange(log, 0, limit - 1)).map((json) => parse<ConfigChange>(json));
      } catch (error) {
        throw away(error);
      }
    },
    watch: (changed) => watch.add('config', changed),
    watchLeases: (changed) => watch.add('leases', changed),
    async acquire({ name, holder, ttlMs, note, announce = false }) {
      const told = [kindOf(name), redisLeaseChannel];
      const noted = [note === undefined ? '0' : '1', note ?? '', announce ? '1' : '0'];
      const args = [name, holder, String(ttlMs), ...told, ...noted];
      const answer = await run(acquireScript, [leases(kindOf(name)), leaseKinds], args);
      if (!Array.isArray(answer)) return undefined;
      return leaseOf(name, answer[0], answer[1]);
    },
    async release({ name, holder }) {
      await run(releaseScript, [leases(kindOf(name))], [name, holder, redisLeaseChannel]);
    },
    async leases(wanted) {
      const kinds = wanted.includes('/') ? [kindOf(wanted)] : await kindsOf(client, away);
      const found: Lease[] = [];
      for (const kind of kinds) {
        const [now, flat] = asList(await run(leasesScript, [leases(kind)]));
        for (const [name, json] of pairs(flat)) if (name.startsWith(wanted)) found.push(leaseOf(name, json, now));
      }
      return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
    async nextTerm(above) {
      return Number(await run(nextTermScript, [term], [String(above)]));
    },
    [Symbol.asyncDispose]: close,
  };
}

/** "server/s1" → "server". */
function kindOf(name: string): string {
  return name.split('/', 1)[0] ?? '';
}

async function kindsOf(client: RedisClient, away: (cause: unknown) => CecochatError): Promise<readonly string[]> {
  try {
    return await client.smembers(redisKeys.leaseKinds);
  } catch (error) {
    throw away(error);
  }
}

function leaseOf(name: string, json: unknown, now: unknown): Lease {
  const { holder, expiresAtMs, note } = parse<Omit<Lease, 'name' | 'leftMs'>>(json);
  return { name, holder, expiresAtMs, leftMs: Math.max(0, expiresAtMs - Number(now)), note };
}

/** That of the node, where a cluster says only that none answered. */
function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const ofNode = 'lastNodeError' in cause && cause.lastNodeError instanceof Error ? cause.lastNodeError : undefined;
  return ofNode === undefined ? cause.message : `${cause.message} ${ofNode.message}`;
}

/** What the scripts wrote. */
function parse<T>(json: unknown): T {
  return JSON.parse(String(json)) as T;
}

function asList(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw new Error(`Redis answered ${JSON.stringify(answer)} in place of a list`);
  return answer;
}

function pairs(flat: unknown): readonly [string, string][] {
  const list = asList(flat);
  return Array.from({ length: list.length / 2 }, (_, index) => [String(list[2 * index]), String(list[2 * index + 1])]);
}

/** In a sentence for people, from Redis's own settings where they may be read. */
async function durabilityOf(client: RedisClient, warn: RedisConfigDbOptions['warn']): Promise<string> {
  await client.ping();
  let settings: Record<string, string>;
  try {
    const flat = await client.call('CONFIG', 'GET', 'append*');
    settings = Object.fromEntries(pairs(flat));
  } catch {
    return 'as Redis is set up to keep it (its settings may not be read)';
  }
  const { appendonly, appendfsync } = settings;
  if (appendonly !== 'yes') {
    const advice = 'set appendonly yes and appendfsync always';
    warn(
      { appendonly, advice },
      'Redis keeps no append-only file: changes since its last snapshot are lost when it ends',
    );
    return 'in the memory of Redis: lost when it ends, but for its last snapshot';
  }
  if (appendfsync === 'always') return 'in the append-only file of Redis, synced before the answer: survives kill -9';
  warn({ appendfsync }, 'Redis syncs its append-only file later than it answers: a power cut may take the last second');
  return 'in the append-only file of Redis: survives kill -9; a power cut may take the last second';
}
