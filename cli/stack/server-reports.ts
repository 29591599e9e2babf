/**
 * What the servers' process tells while it starts, as reports of parts: what it seeds, and the servers themselves.
 */
import type { Report } from './part-report.ts';
import { engineNames, type EngineName, type StackMessage } from './process/stack-message.ts';

export interface ServerReports {
  engineUp(engine: EngineName): void;
  heard(message: StackMessage): void;
}

/** What is seeded first on each engine. */
const seedOf: Readonly<Record<EngineName, string>> = { kafka: 'topic', cassandra: 'schema', redis: 'configuration' };

/** `awaitsEngines`: the process starts beside its engines and says when it opened each one. */
export function reportServers(report: Report, awaitsEngines: boolean): ServerReports {
  const tell = (part: string, step: 'wait' | 'seed' | 'start' | 'health' | 'ready'): void =>
    report({ part, step, detail: '' });
  if (awaitsEngines) for (const part of ['topic', 'schema', 'configuration', 'users']) tell(part, 'wait');
  else for (const part of ['configuration', 'users']) tell(part, 'seed');
  tell('servers', awaitsEngines ? 'wait' : 'start');
  const opened = new Set<EngineName>();
  const onOpened = (engine: EngineName): void => {
    opened.add(engine);
    // The configuration follows once all engines are open.
    if (engine !== 'redis') tell(seedOf[engine], 'ready');
    if (engine === 'cassandra') tell('users', 'seed');
    if (opened.size === engineNames.length) tell('servers', 'start');
  };
  return {
    engineUp: (engine) => tell(seedOf[engine], 'seed'),
    heard: (message) => {
      if (message.kind === 'prepared') onOpened(message.engine);
      else if (message.kind === 'listening') {
        // Servers listen only when all is seeded.
        tell('configuration', 'ready');
        tell('users', 'ready');
        tell('servers', 'health');
      } else if (message.kind === 'ready') tell('servers', 'ready');
    },
  };
}
