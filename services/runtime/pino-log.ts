/**
 * The log of the servers: pino, JSON lines with the time in ISO 8601 and the level as a word.
 */
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import type { Log } from './log.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes to stdout unless a destination is given. */
export function createPinoLog(options: { level: LogLevel; destination?: DestinationStream }): Log {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  return asLog(options.destination === undefined ? pino(settings) : pino(settings, options.destination));
}

function asLog(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => asLog(logger.child(fields)),
  };
}
