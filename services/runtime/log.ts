/**
 * The log of a server: JSON lines. Fields first, then the sentence, as pino has it.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, string>): Log;
}
