/**
 * Nodes that take requests and do not answer: stopped, hung, or behind a dead path whose connections stay open.
 * One that lets a request time out comes last in every plan, so that no other request waits for it, until it
 * answers a probe. Nodes whose connections break are the driver's own business.
 */
import { errors, policies, tracker, type Host } from 'cassandra-driver';
import type { Clock } from '../core/time/clock.ts';
import type { CassandraLog } from './cassandra-options.ts';

const probeEveryMs = 500;

export interface SilentNodes {
  /** Both belong into the options of the client. */
  readonly policy: policies.loadBalancing.LoadBalancingPolicy;
  readonly tracker: tracker.RequestTracker;
}

export interface SilentNodesDependencies {
  /** Resolves when this node has answered something. */
  readonly probe: (host: Host) => Promise<void>;
  readonly clock: Clock;
  readonly log: CassandraLog;
  /** Ends the probes. */
  readonly closed: AbortSignal;
}

export function createSilentNodes(deps: SilentNodesDependencies): SilentNodes {
  const { probe, clock, log, closed } = deps;
  /** By address, which stays what it is when the driver makes a new object for a node. */
  const silent = new Set<string>();

  const untilAnswered = async (host: Host): Promise<void> => {
    while (!closed.aborted) {
      try {
        await probe(host);
        return;
      } catch {
        await clock.sleep(probeEveryMs, closed).catch(() => undefined);
      }
    }
  };
  const avoid = (host: Host): void => {
    const { address } = host;
    if (silent.has(address) || closed.aborted) return;
    silent.add(address);
    log.warn({ node: address }, 'this node of Cassandra does not answer: the others are asked first');
    void untilAnswered(host).then(() => {
      silent.delete(address);
      if (!closed.aborted) log.info({ node: address }, 'this node of Cassandra answers again');
    });
  };

  return {
    policy: new SilentLastPolicy(silent),
    tracker: new TimeoutTracker(avoid),
  };
}

/** Logs nothing: the driver takes no tracker but one of its own. */
class TimeoutTracker extends tracker.RequestLogger {
  readonly #timedOut: (host: Host) => void;

  constructor(timedOut: (host: Host) => void) {
    super({});
    this.#timedOut = timedOut;
  }

  override onError(...given: Parameters<tracker.RequestLogger['onError']>): void {
    const [host] = given;
    const error = given[5];
    if (error instanceof errors.OperationTimedOutError) this.#timedOut(host);
  }

  override onSuccess(): void {}
}

/** Token-aware within the data centre, as the driver's default. */
class SilentLastPolicy extends policies.loadBalancing.DefaultLoadBalancingPolicy {
  readonly #silent: ReadonlySet<string>;

  constructor(silent: ReadonlySet<string>) {
    super();
    this.#silent = silent;
  }

  override newQueryPlan(...[keyspace, options, callback]: Parameters<PlanMaker>): void {
    super.newQueryPlan(keyspace, options, (error, plan) => {
      callback(error, this.#silent.size === 0 ? plan : lastOf(plan, this.#silent));
    });
  }
}

type PlanMaker = policies.loadBalancing.LoadBalancingPolicy['newQueryPlan'];

function* lastOf(plan: Iterator<Host>, silent: ReadonlySet<string>): Generator<Host, void> {
  const last: Host[] = [];
  for (let step = plan.next(); step.done !== true; step = plan.next()) {
    if (silent.has(step.value.address)) last.push(step.value);
    else yield step.value;
  }
  yield* last;
}
