/**
 * Requests to one node of the cluster: it comes first also when it is silent, whom other requests avoid.
 */
import { ExecutionProfile, policies, type Host } from 'cassandra-driver';

const name = 'one-node';

/** Belongs into the options of the client. */
export function oneNodeProfile(): ExecutionProfile {
  return new ExecutionProfile(name, { loadBalancing: new policies.loadBalancing.DefaultLoadBalancingPolicy() });
}

/** Options of a request to this node. One that the driver knows to be down is passed over all the same. */
export function onlyOn(host: Host) {
  return { host, executionProfile: name };
}
