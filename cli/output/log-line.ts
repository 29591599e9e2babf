/**
 * A line of the servers' log: parsed for filters, and for people.
 */
import type { Colours } from './command-output.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogLine {
  /** ISO 8601; '' when the line is no JSON of ours. */
  readonly time: string;
  readonly level: LogLevel;
  /** "messaging-s1"; '' when it does not say. */
  readonly part: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A line that is no JSON is a message of level info: nothing is hidden. */
export function parseLogLine(line: string): LogLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { time: '', level: 'info', part: '', message: line, fields: {} };
  }
  const { time, level, server, serverId, msg, ...fields } = Object.fromEntries(Object.entries(value));
  const parts = [server, serverId].filter((part): part is string => typeof part === 'string');
  return {
    time: typeof time === 'string' ? time : '',
    level: logLevels.find((known) => known === level) ?? 'info',
    part: [...new Set(parts)].join(' '),
    message: typeof msg === 'string' ? msg : '',
    fields,
  };
}

export interface LogFilter {
  readonly level: LogLevel;
  /** Server names or ids; empty takes all. */
  readonly parts: readonly string[];
}

export function matchesLog({ level, part }: LogLine, filter: LogFilter): boolean {
  const words = [part, ...part.split(/[ -]/)];
  return (
    logLevels.indexOf(level) >= logLevels.indexOf(filter.level) &&
    (filter.parts.length === 0 || filter.parts.some((wanted) => words.includes(wanted)))
  );
}

export function formatLogLine(line: LogLine, colours: Colours): string {
  const { time, level, part, message } = line;
  if (time === '' && part === '') {
    return message;
  }
  const paint = { debug: colours.dim, info: colours.cyan, warn: colours.yellow, error: colours.red }[level];
  const clock = /T(\d\d:\d\d:\d\d\.\d{3})/.exec(time)?.[1] ?? '';
  const facts = logFacts(line);
  return [
    ...(clock === '' ? [] : [colours.dim(clock)]),
    paint(level.padEnd(5)),
    ...(part === '' ? [] : [colours.bold(part.padEnd(12))]),
    message,
    ...(facts.length === 0 ? [] : [colours.dim(facts.join(' '))]),
  ].join(' ');
}

/** "partition=7" for each field. */
export function logFacts({ fields }: LogLine): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
}

function shown(value: unknown): string {
  return typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value);
}
