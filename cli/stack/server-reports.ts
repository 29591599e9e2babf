/**
 * What the servers' process tells while it starts, as reports of parts: what it seeds, and the servers themselves.
 */
import type { Report } from './part-report.ts';
import { engineNames, type EngineName, type StackMessage } from './process/stack-message.ts';

export interface ServerReports {
  readonly engineUp: (engine: EngineName) => void;
  readonly heard: (message: StackMessage) => void;
}

/** What each engine gets as soon as it is up; the configuration follows once all of them are open. */
const seedOf: Readonly<Partial<Record<EngineName, string>>> = { kafka: 'topic', cassandra: 'schema' };

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
    const seed = seedOf[engine];
    if (seed !== undefined) tell(seed, 'ready');
    if (opened.size < engineNames.length) return;
    tell('configuration', 'seed');
    tell('users', 'seed');
    tell('servers', 'start');
  };
  return {
    engineUp: (engine) => {
      const seed = seedOf[engine];
      if (seed !== undefined) tell(seed, 'seed');
    },
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
