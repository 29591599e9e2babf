/**
 * Connects to Redis by URL: one server, Sentinel or Cluster. Calls are answered or fail within a bound; a lost
 * connection comes back by itself. What was sent and not answered is never sent again: it may have been done.
 */
import { Cluster, Redis } from 'ioredis';
import { CecochatError } from '../../core/errors.ts';

export type RedisClient = Redis | Cluster;

const callMs = 3_000;
const connectMs = 2_000;
const longestRetryMs = 1_000;

const common = {
  lazyConnect: true,
  connectTimeout: connectMs,
  commandTimeout: callMs,
  maxRetriesPerRequest: 1,
  autoResendUnfulfilledCommands: false,
  // Subscriptions are made anew by whoever has them, who also has to look for what was missed.
  autoResubscribe: false,
  enableReadyCheck: true,
  retryStrategy: (attempt: number) => Math.min(longestRetryMs, 50 * attempt),
} as const;

/** Where Redis is, without the password. */
export function describeRedis(url: string): string {
  const parsed = parseUrl(url);
  return `${parsed.protocol}//${parsed.hosts.map(({ host, port }) => `${host}:${port}`).join(',')}`;
}

/** PEM texts. */
export interface RedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Does not connect yet. Error: settings.invalid, without the password. */
export function createRedisClient(url: string, certificates: RedisTls = {}): RedisClient {
  const { kind, tls, hosts, username, password, master, db } = parseUrl(url);
  const login = { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
  const secure = tls ? { tls: certificates } : {};
  const first = hosts[0];
  switch (kind) {
    case 'one':
      return new Redis({ ...common, ...login, ...secure, db, host: first?.host ?? '', port: first?.port ?? 6379 });
    case 'sentinel':
      return new Redis({ ...common, ...login, ...secure, db, sentinels: hosts, name: master });
    case 'cluster':
      return new Cluster(hosts, {
        lazyConnect: true,
        redisOptions: { ...common, ...login, ...secure },
        clusterRetryStrategy: (attempt) => Math.min(longestRetryMs, 50 * attempt),
      });
  }
}

interface RedisUrl {
  readonly kind: 'one' | 'sentinel' | 'cluster';
  readonly protocol: string;
  readonly tls: boolean;
  readonly hosts: { host: string; port: number }[];
  readonly username: string;
  readonly password: string;
  readonly master: string;
  readonly db: number;
}

const form =
  /^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/?#]+)(?:\/(?<path>[^?#]*))?$/;

function parseUrl(url: string): RedisUrl {
  const found = form.exec(url)?.groups;
  if (found === undefined) throw invalid('is no Redis URL');
  const { scheme = '', user = '', password = '', hosts: list = '', path = '' } = found;
  const kind = found['kind'] === 'sentinel' ? 'sentinel' : found['kind'] === 'cluster' ? 'cluster' : 'one';
  const hosts = list.split(',').map((text) => {
    const at = /^(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(?<port>[0-9]{1,5}))?$/.exec(text)?.groups;
    const port = Number(at?.['port'] ?? (kind === 'sentinel' ? 26_379 : 6_379));
    if (at === undefined || port < 1 || port > 65_535)
      throw invalid(`has ${JSON.stringify(text)} in place of host:port`);
    return { host: (at['host'] ?? '').replaceAll(/[[\]]/g, ''), port };
  });
  if (kind === 'one' && hosts.length > 1)
    throw invalid('names several servers; use redis+sentinel:// or redis+cluster://');
  const [master = '', number = '0'] = kind === 'sentinel' ? path.split('/') : ['', path === '' ? '0' : path];
  if (kind === 'sentinel' && master === '') throw invalid('names no master: redis+sentinel://host:26379/mymaster');
  if (!/^[0-9]{1,4}$/.test(number)) throw invalid(`has ${JSON.stringify(number)} in place of a database number`);
  if (kind === 'cluster' && number !== '0') throw invalid('names a database, but a cluster has only one');
  const decode = (text: string): string => decodeURIComponent(text);
  return {
    kind,
    protocol: `${scheme}${found['kind'] === undefined ? '' : `+${found['kind']}`}:`,
    tls: scheme === 'rediss',
    hosts,
    username: decode(user),
    password: decode(password),
    master,
    db: Number(number),
  };
}

function invalid(reason: string): CecochatError {
  return new CecochatError('settings.invalid', `the address of the configuration database ${reason}`, {
    hint: 'redis://[user:password@]host:port[/db], rediss:// for TLS, redis+sentinel://…/master, redis+cluster://…',
  });
}
