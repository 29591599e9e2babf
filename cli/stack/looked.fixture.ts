/** What a look at a stack with one server finds. */
import type { Looked } from './await-restarts.ts';
import type { ServerProcess, StackState } from './stack-files.ts';

export function lookedAt(condition: Looked['condition'], state: ServerProcess['state']): Looked {
  const process = { serverId: 's1', pid: 1, processStart: '', state, restarts: 1, lastEnd: null, nextStartAtMs: null };
  const stack: StackState = {
    formatVersion: 1,
    name: 'default',
    version: '1',
    backends: 'external',
    status: 'running',
    pid: 2,
    processStart: '',
    startedAtMs: 0,
    readyAfterMs: 1,
    servers: [],
    processes: [process],
    profileUrl: '',
    connectUrl: '',
    configuratorUrl: '',
  };
  return { condition, state: stack };
}
