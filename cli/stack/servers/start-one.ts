/**
 * One server in this process, with engines of its own. Settings come from flags, then from the environment.
 */
import {
  settingsReference,
  startOne,
  type EngineGate,
  type LogLevel,
  type RunningServer,
  type Seed,
} from '../../../services/run.ts';
import type { Environment } from '../../commands/environment.ts';
import type { ServerName } from '../server-names.ts';

export interface StartOneRequest {
  readonly server: ServerName;
  /** By setting name; the engines' among them. */
  readonly flags: Readonly<Record<string, string>>;
  /** More settings of the engines, as a stack keeps them. */
  readonly engines?: Readonly<Record<string, string>>;
  readonly gate?: EngineGate;
  readonly seed?: Seed;
  readonly logLevel: LogLevel;
  readonly writeLog: (text: string) => void;
}

export function startServer(
  { clock, random, env, signal }: Environment,
  request: StartOneRequest,
): Promise<RunningServer> {
  const { server, flags, engines = {}, gate, seed, logLevel, writeLog } = request;
  const ofEngines = new Set(settingsReference().flatMap(({ scope, name }) => (scope === 'engines' ? [name] : [])));
  const pick = (engines: boolean): Record<string, string> =>
    Object.fromEntries(Object.entries(flags).filter(([name]) => ofEngines.has(name) === engines));
  const flag = (values: Record<string, string>) => ({ origin: 'flag', keyedBy: 'name', values }) as const;
  const environment = { origin: 'environment', keyedBy: 'variable', values: env } as const;
  return startOne(server, {
    settings: [flag(pick(false)), environment],
    engines: [flag(pick(true)), { origin: 'up', keyedBy: 'name', values: engines }, environment],
    gate,
    seed,
    logLevel,
    writeLog,
    clock,
    random,
    signal,
  });
}
