/**
 * The ports of this machine at which the parts of a stack are reached, and to which profile each part belongs. Pure.
 */

export interface PublishedPort {
  /** Of the compose files. */
  readonly variable: string;
  readonly part: string;
  readonly usual: number;
  /** Its place in a stack's block of ports. */
  readonly offset: number;
  /** Of the part; none: it always belongs to the stack. */
  readonly profile?: Profile;
  /** People look at it with a browser. */
  readonly isPage?: true;
}

export const profiles = ['observability', 'tools'] as const;
export type Profile = (typeof profiles)[number];

const observability = { profile: 'observability' } as const;
const page = { isPage: true } as const;
const toolsPage = { profile: 'tools', ...page } as const;

/** The first one of a part is the part's address. */
export const publishedPorts: readonly PublishedPort[] = [
  { variable: 'CECOCHAT_KAFKA_PORT', part: 'kafka', usual: 9092, offset: 20 },
  { variable: 'CECOCHAT_CASSANDRA_PORT', part: 'cassandra', usual: 9042, offset: 21 },
  { variable: 'CECOCHAT_REDIS_PORT', part: 'redis', usual: 6379, offset: 22 },
  { variable: 'CECOCHAT_JAEGER_PORT', part: 'jaeger', usual: 16_686, offset: 30, ...observability, ...page },
  { variable: 'CECOCHAT_JAEGER_COLLECTOR_PORT', part: 'jaeger', usual: 14_268, offset: 31, ...observability },
  { variable: 'CECOCHAT_JAEGER_OTLP_PORT', part: 'jaeger', usual: 4318, offset: 32, ...observability },
  { variable: 'CECOCHAT_ELASTICSEARCH_PORT', part: 'elasticsearch', usual: 9200, offset: 33, ...observability },
  { variable: 'CECOCHAT_KIBANA_PORT', part: 'kibana', usual: 5601, offset: 34, ...observability, ...page },
  { variable: 'CECOCHAT_FLUENTD_PORT', part: 'fluentd', usual: 24_224, offset: 35, ...observability },
  { variable: 'CECOCHAT_PROMETHEUS_PORT', part: 'prometheus', usual: 9090, offset: 36, ...observability, ...page },
  { variable: 'CECOCHAT_GRAFANA_PORT', part: 'grafana', usual: 3000, offset: 37, ...observability, ...page },
  { variable: 'CECOCHAT_KAFKA_WEB_PORT', part: 'kafka-web', usual: 8080, offset: 40, ...toolsPage },
  { variable: 'CECOCHAT_CASSANDRA_WEB_PORT', part: 'cassandra-web', usual: 8083, offset: 41, ...toolsPage },
  { variable: 'CECOCHAT_REDIS_WEB_PORT', part: 'redis-web', usual: 5540, offset: 42, ...toolsPage },
];

type EngineVariable = 'CECOCHAT_KAFKA_PORT' | 'CECOCHAT_CASSANDRA_PORT' | 'CECOCHAT_REDIS_PORT';
/** Those of the profiles that the stack has, and always those of its engines. */
export type PublishedPorts = Readonly<Record<EngineVariable, number> & Record<string, number>>;

export interface StackPage {
  readonly part: string;
  readonly url: string;
}

/** The profiles of which a stack with these parts has some. */
export function profilesOfParts(parts: readonly string[]): readonly Profile[] {
  const had = publishedPorts.flatMap(({ part, profile }) =>
    profile !== undefined && parts.includes(part) ? [profile] : [],
  );
  return [...new Set(had)];
}

/** What there is to look at, of ports by variable. */
export function pagesAt(ports: Readonly<Record<string, number>>): StackPage[] {
  return publishedPorts.flatMap(({ variable, part, isPage }) =>
    isPage === undefined || ports[variable] === undefined ? [] : [{ part, url: `http://127.0.0.1:${ports[variable]}` }],
  );
}

/** Where a part is reached, of all the ports that it publishes. */
export function mainPort(part: string, ports: Readonly<Record<string, number>>): number | undefined {
  const main = publishedPorts.find((published) => published.part === part);
  return main === undefined ? undefined : ports[main.variable];
}
