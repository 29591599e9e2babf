/**
 * Makes what the servers need on an engine ahead of their start: the topic on Kafka, the schema in Cassandra.
 */
import type { Clock } from '../core/time/clock.ts';
import { engineOptionsOf } from './engine-options.ts';
import { openEngines } from './engines.ts';
import { createPinoLog } from './pino-log.ts';
import type { EngineName } from './server.ts';
import { resolveSettings, type SettingsSource } from './settings.ts';
import { engineSettings } from './stack-settings.ts';

/** What each engine serves. */
const neededBy: Readonly<Record<'kafka' | 'cassandra' | 'redis', readonly EngineName[]>> = {
  kafka: ['backplane'],
  cassandra: ['historyDb', 'userDb'],
  redis: ['configDb'],
};

export type ExternalEngine = keyof typeof neededBy;

export interface PrepareRequest {
  readonly engine: ExternalEngine;
  /** Where the settings of the engines come from, the strongest first. */
  readonly sources: readonly SettingsSource[];
  readonly clock: Clock;
}

/** Idempotent. Errors: engine.unavailable, settings.invalid. */
export async function prepareEngine({ engine, sources, clock }: PrepareRequest): Promise<void> {
  const needs = neededBy[engine];
  const settings = resolveSettings(engineSettings, sources).values;
  const log = createPinoLog({ level: 'error', destination: { write: () => undefined } });
  await using _engines = await openEngines({
    ...engineOptionsOf(settings, needs),
    needs,
    clientId: 'cecochat-up',
    clock,
    log,
  });
}
