import type { Log } from '../runtime/log.ts';
import { createPinoLog } from '../runtime/pino-log.ts';
import type { StackOptions } from './options.ts';

export function openLog({ logLevel: level, writeLog }: Pick<StackOptions, 'logLevel' | 'writeLog'>): Log {
  return createPinoLog(writeLog === undefined ? { level } : { level, destination: { write: writeLog } });
}
