/**
 * Picks and opens the four engines of a server or a stack. The one file that names implementations.
 */
import { join } from 'node:path';
import { openEmbeddedBackplane } from '../backplane/embedded/embedded-backplane.ts';
import { openEmbeddedConfigDb } from '../config-db/embedded/embedded-config-db.ts';
import { createScope } from '../core/lifecycle.ts';
import type { Clock } from '../core/time/clock.ts';
import { openEmbeddedHistoryDb } from '../history-db/embedded/embedded-history-db.ts';
import { openEmbeddedUserDb } from '../user-db/embedded/embedded-user-db.ts';
import type { Log } from './log.ts';
import type { Engines } from './server.ts';

export interface EmbeddedEngineOptions {
  readonly backend: 'embedded';
  readonly dataFolder: string;
  /** Fixed when the data folder is made. */
  readonly partitionCount: number;
  /** Records of the backplane older than this may go; undefined keeps them. */
  readonly retentionMs?: number | undefined;
  /** Per partition of the backplane; undefined keeps all. */
  readonly retentionBytes?: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export type EngineOptions = EmbeddedEngineOptions;

/** Errors: data.locked, data.newer, data.damaged; nothing stays open and nothing was changed then. */
export async function openEngines(options: EngineOptions): Promise<Engines> {
  const { clock, dataFolder } = options;
  const startedMs = clock.monotonicMs();
  const scope = createScope();
  try {
    const backplane = scope.use(await openEmbeddedBackplane({ ...options, folder: join(dataFolder, 'backplane') }));
    const historyDb = scope.use(await openEmbeddedHistoryDb({ folder: join(dataFolder, 'history') }));
    const configDb = scope.use(await openEmbeddedConfigDb({ folder: join(dataFolder, 'config'), clock }));
    const userDb = scope.use(await openEmbeddedUserDb({ folder: join(dataFolder, 'users') }));
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    options.log.info({ backend: options.backend, dataFolder, tookMs }, 'engines opened');
    return { backplane, historyDb, configDb, userDb, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}
