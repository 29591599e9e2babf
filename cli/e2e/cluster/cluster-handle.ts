/**
 * A stack of separate processes on real engines, as the crowd sees it.
 */
import { openInScope } from '../../../services/core/lifecycle.ts';
import { callHttp, field } from '../../client/http-json.ts';
import { administer, type StackHandle } from '../kill/stack-handle.ts';
import type { Sandbox } from '../sandbox.ts';
import { startEngineSet, type EngineSet } from './engine-set.ts';
import { startServerSet, type ServerSet } from './server-set.ts';

export interface Cluster extends StackHandle {
  readonly engines: EngineSet;
  readonly servers: ServerSet;
  /** The messaging servers that have partitions now. */
  owners(): Promise<readonly string[]>;
}

const readyMs = 120_000;
const partitionCount = 360;

/**
 * Every so-manyth partition. The crowd's ids follow each other, and so do their partitions: in halves, one server
 * would have them all, and the death of the other would touch nobody.
 */
function every(step: number, from: number): string {
  const partitions = Array.from({ length: partitionCount / step }, (_, index) => from + index * step);
  return partitions.join(',');
}

export function startCluster(sandbox: Sandbox, say: (line: string) => void): Promise<Cluster> {
  return openInScope(async (scope) => {
    const engines = scope.use(await startEngineSet(say));
    const servers = await startServerSet(sandbox, engines);
    scope.defer(() => servers.stopAll());
    const { profileUrl, connectUrl, configuratorUrl, adminToken } = servers;
    const administration = administer({ profileUrl, configuratorUrl, adminToken });
    await servers.ready(readyMs);
    await administration.movePartitions({ s1: every(2, 0), s2: every(2, 1) });
    await servers.ready(readyMs);
    say(`servers: ${servers.servers.length} processes are ready`);
    return {
      engines,
      servers,
      profileUrl,
      connectUrl,
      ...administration,
      async owners() {
        const answer = await callHttp({ url: `${configuratorUrl}/api/config`, method: 'GET', token: adminToken });
        const hash = field(field(answer, 'values'), 'partitioning.server-partitions');
        return typeof hash === 'object' && hash !== null ? Object.keys(hash) : [];
      },
      ready: () => servers.ready(readyMs),
      async tail() {
        const tails = await Promise.all(
          [...servers.servers, ...engines.processes].map(async (one) => `-- ${one.name}\n${await one.tail()}`),
        );
        return tails.join('\n');
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  });
}
