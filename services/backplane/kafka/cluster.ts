/**
 * Where the partitions' leaders are, and lanes to the brokers. The view is asked for anew whenever somebody
 * meets an error; any broker that answers will do.
 */
import { setMaxListeners } from 'node:events';
import { parseAddress, wireSecurity, type KafkaBackplaneOptions } from './kafka-options.ts';
import { codes, KafkaFault, unavailable } from './kafka-faults.ts';
import { createLane, type Lane } from './lane.ts';

export interface Cluster extends AsyncDisposable {
  /** Undefined while none is known. */
  leader(topic: string, partition: number): number | undefined;
  /** Error: a KafkaFault while one of them has none. */
  byLeader(topic: string, partitions: Iterable<number>): ReadonlyMap<number, readonly number[]>;
  /** Partitions and replicas of the topic as last seen; undefined when no broker knows it. */
  layout(topic: string): { readonly partitions: number; readonly replicas: number } | undefined;
  address(node: number): string | undefined;
  /** A shared lane to a broker, kept until the cluster is closed. */
  lane(node: number, purpose: Purpose): Lane;
  /** A lane of the caller's own, who drops it in the end. */
  openLane(node: number, requestTimeoutMs: number): Lane;
  /** A lane to any broker that answers. */
  anyLane(): Promise<Lane>;
  /** Asks for the leaders; shared by all who ask at the same time. Rejects when no broker answers. */
  refresh(): Promise<void>;
  /** The same for who does not wait. */
  refreshSoon(): void;
  /** Called after leaders or addresses changed. */
  onChange(listener: () => void): void;
  /** Runs the work, again after faults with the leaders asked for anew, until it succeeds or time (8 s) is up. */
  retrying<T>(what: string, work: () => Promise<T>, forMs?: number): Promise<T>;
}

export type Purpose = 'read' | 'control';

const connectTimeoutMs = 2000;
const requestTimeoutMs = 4000;
const refreshPauseMs = 100;
const badForMs = 10_000;
const retryForMs = 8000;
const firstRetryMs = 20;
const longestRetryMs = 500;

interface Topic {
  readonly leaders: readonly number[];
  readonly replicas: number;
}

export function createCluster(
  options: Pick<KafkaBackplaneOptions, 'brokers' | 'clientId' | 'tls' | 'sasl' | 'reachAt' | 'clock'>,
  topics: readonly string[],
): Cluster {
  const { clock } = options;
  const security = wireSecurity(options);
  const seeds = options.brokers.map((text) => addressOf(parseAddress(text)));
  const lanes = new Map<string, Lane>();
  const listeners = new Set<() => void>();
  let addresses = new Map<number, string>();
  let known = new Map<string, Topic>();
  let running: Promise<void> | undefined;
  let refreshedMs = Number.NEGATIVE_INFINITY;
  let turn = 0;
  const badUntilMs = new Map<string, number>();
  const closing = new AbortController();
  // As many wait at a time as there are calls on their way.
  setMaxListeners(0, closing.signal);

  const makeLane = (address: () => string, timeoutMs: number): Lane =>
    createLane({
      ...security,
      address: () => parseAddress(address()),
      clientId: options.clientId,
      connectTimeoutMs,
      requestTimeoutMs: timeoutMs,
    });
  const laneTo = (address: string, purpose: Purpose): Lane => {
    const key = `${address}/${purpose}`;
    let lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, (lane = makeLane(() => address, requestTimeoutMs)));
    return lane;
  };
  const addressFor = (node: number): string => {
    const address = addresses.get(node);
    if (address === undefined) throw new Error(`broker ${node} is not known`);
    return address;
  };

  /** Tries every broker, each time beginning with another one; those that lately did not answer come last. */
  const askAny = async <T>(ask: (lane: Lane) => Promise<T>): Promise<T> => {
    turn += 1;
    const all = [...new Set([...addresses.values(), ...seeds])];
    const turned = [...all.slice(turn % all.length), ...all.slice(0, turn % all.length)];
    const nowMs = clock.monotonicMs();
    const isBad = (address: string): number => ((badUntilMs.get(address) ?? nowMs) > nowMs ? 1 : 0);
    let fault: unknown;
    for (const address of turned.toSorted((one, other) => isBad(one) - isBad(other))) {
      if (closing.signal.aborted) break;
      try {
        return await ask(laneTo(address, 'control'));
      } catch (error) {
        fault = error;
        badUntilMs.set(address, clock.monotonicMs() + badForMs);
      }
    }
    throw fault instanceof Error ? fault : new Error('the backplane is closed');
  };

  const look = async (): Promise<void> => {
    const waitMs = refreshedMs + refreshPauseMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, closing.signal);
    const answer = await askAny((lane) => lane.request('Metadata', { topics, allowAutoTopicCreation: false }));
    refreshedMs = clock.monotonicMs();
    const next = new Map<string, Topic>();
    for (const { topic, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
      if (topicErrorCode !== 0 && partitionMetadata.length === 0) continue;
      const leaders: number[] = [];
      for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
      next.set(topic, { leaders, replicas: Math.min(...partitionMetadata.map((of) => of.replicas.length)) });
    }
    const reach = options.reachAt ?? ((advertised: string) => advertised);
    const nodes = new Map(answer.brokers.map((of) => [of.nodeId, reach(addressOf(of))]));
    // A broker that is down is left out: its address is still good for what is under way.
    for (const [node, address] of addresses) if (!nodes.has(node)) nodes.set(node, address);
    const changed = !isSame(next, known) || [...nodes].some(([node, address]) => addresses.get(node) !== address);
    addresses = nodes;
    known = next;
    if (changed) for (const listener of listeners) listener();
  };
  const refresh = (): Promise<void> => {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  };
  const refreshSoon = (): void => void refresh().catch(() => undefined);

  const leader = (topic: string, partition: number): number | undefined => {
    const node = known.get(topic)?.leaders[partition];
    return node === undefined || node < 0 ? undefined : node;
  };

  return {
    leader,
    byLeader(topic, partitions) {
      const groups = new Map<number, number[]>();
      for (const partition of partitions) {
        const node = leader(topic, partition);
        if (node === undefined)
          throw new KafkaFault(codes.leaderNotAvailable, `for partition ${partition} of ${topic}`);
        const group = groups.get(node);
        if (group === undefined) groups.set(node, [partition]);
        else group.push(partition);
      }
      return groups;
    },
    layout(topic) {
      const of = known.get(topic);
      return of === undefined ? undefined : { partitions: of.leaders.length, replicas: of.replicas };
    },
    address: (node) => addresses.get(node),
    lane: (node, purpose) => laneTo(addressFor(node), purpose),
    openLane: (node, timeoutMs) => makeLane(() => addressFor(node), timeoutMs),
    anyLane: () =>
      askAny(async (lane) => {
        await lane.connect();
        return lane;
      }),
    refresh,
    refreshSoon,
    onChange: (listener) => void listeners.add(listener),
    async retrying(what, work, forMs = retryForMs) {
      const untilMs = clock.monotonicMs() + forMs;
      for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(2 * pauseMs, longestRetryMs)) {
        try {
          return await work();
        } catch (error) {
          if (!isWorthARetry(error) || closing.signal.aborted || clock.monotonicMs() + pauseMs > untilMs)
            throw unavailable(what, error);
          await clock.sleep(pauseMs, closing.signal).catch(() => undefined);
          await refresh().catch(() => undefined);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the backplane is closed'));
      listeners.clear();
      for (const lane of lanes.values()) lane.drop('the backplane is closed');
      await running?.catch(() => undefined);
    },
  };
}

/** Wrong credentials, missing rights and bugs do not mend themselves within seconds. */
function isWorthARetry(error: unknown): boolean {
  if (error instanceof KafkaFault) return true;
  return error instanceof Error && !/SASL|Authorization|CecochatError|TypeError|RangeError/.test(error.name);
}

function addressOf({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function isSame(one: ReadonlyMap<string, Topic>, other: ReadonlyMap<string, Topic>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, { leaders }] of one) {
    const known = other.get(name)?.leaders;
    if (known?.length !== leaders.length || leaders.some((leader, p) => leader !== known[p])) return false;
  }
  return true;
}
