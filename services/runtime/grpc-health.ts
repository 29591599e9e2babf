/**
 * grpc.health.v1.Health for the server as a whole ("") and each of its services. Watchers hear of every
 * change; a stop ends them.
 */
import { status, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus,
  HealthService,
  type HealthCheckRequest,
  type HealthCheckResponse,
} from '../../protos/gen/grpc/health/v1/health.ts';

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;
type ServingStatus = HealthCheckResponse['status'];

export interface HealthReporter {
  readonly definition: typeof HealthService;
  readonly handlers: {
    check: (
      call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
      done: sendUnaryData<HealthCheckResponse>,
    ) => void;
    watch: (call: Watcher) => void;
  };
  setServing(serving: boolean): void;
  /** Reports NOT_SERVING and ends all watchers. */
  stop(): void;
}

export function createHealthReporter(services: readonly string[]): HealthReporter {
  const known = new Set(['', ...services]);
  const watchers = new Set<Watcher>();
  let current: ServingStatus = HealthCheckResponse_ServingStatus.NOT_SERVING;

  const change = (next: ServingStatus): void => {
    if (next === current) return;
    current = next;
    for (const watcher of watchers) if (known.has(watcher.request.service)) watcher.write({ status: current });
  };
  return {
    definition: HealthService,
    handlers: {
      check(call, done) {
        if (known.has(call.request.service)) done(null, { status: current });
        else done({ code: status.NOT_FOUND, details: `no service "${call.request.service}" here` });
      },
      watch(call) {
        const unknown = HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
        call.write({ status: known.has(call.request.service) ? current : unknown });
        watchers.add(call);
        call.on('cancelled', () => watchers.delete(call));
        call.on('error', () => watchers.delete(call));
      },
    },
    setServing(serving) {
      const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
      change(serving ? SERVING : NOT_SERVING);
    },
    stop() {
      change(HealthCheckResponse_ServingStatus.NOT_SERVING);
      for (const watcher of watchers) watcher.end();
      watchers.clear();
    },
  };
}
