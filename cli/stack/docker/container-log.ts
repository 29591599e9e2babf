/**
 * A line that a container printed, with the engine's time before it, as a line of the stack's log.
 */
import { parseLogLine, type LogLevel, type LogLine } from '../../output/log-line.ts';

const levels: Readonly<Record<string, LogLevel>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  FATAL: 'error',
};

/** "2026-11-26T18:18:36.889123456Z INFO  [main] ..." of a part. */
export function parseContainerLine(part: string, line: string): LogLine {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?([^]*)$/.exec(line);
  const [, nanoseconds = '', message = line] = match ?? [];
  // To milliseconds, as the servers write it.
  const time = nanoseconds.replace(
    /(?:\.(\d{1,3})\d*)?Z$/,
    (_all, digits = '') => `.${String(digits).padEnd(3, '0')}Z`,
  );
  return { time, level: levelOf(message), part, message, fields: {} };
}

/** Of a server, which writes JSON; what it prints beside that is kept too. */
export function parseServerLine(part: string, line: string): LogLine {
  const plain = parseContainerLine(part, line);
  const own = parseLogLine(plain.message);
  return own.time === '' ? plain : { ...own, part: own.part || part };
}

/** Where the engines put it: "[time] INFO ...", "INFO  [thread] ...", and Redis "1:M time # warning". */
function levelOf(message: string): LogLevel {
  const word = /\b(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b/.exec(message.slice(0, 80))?.[1];
  if (word !== undefined) return levels[word] ?? 'info';
  const sign = /^\d+:[A-Z] .{15,30}? ([.\-*#]) /.exec(message)?.[1];
  return sign === '#' ? 'warn' : sign === '.' || sign === '-' ? 'debug' : 'info';
}
