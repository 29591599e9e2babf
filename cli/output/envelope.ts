/**
 * What `--json` prints: one envelope per run, as the last line of stdout. Streams print events before it.
 * The JSON Schemas in cli/output/schema/ describe it and the data of every command.
 */
import type { ErrorCode, RetryRule } from '../../services/core/errors.ts';

export const schemaVersion = 1;

export interface Envelope {
  readonly schemaVersion: typeof schemaVersion;
  /** "up", "config get" */
  readonly command: string;
  readonly status: 'ok' | 'error';
  /** The command's result; null when it failed without one. */
  readonly data: object | null;
  readonly warnings: readonly string[];
  readonly error: EnvelopeError | null;
}

export interface EnvelopeError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly retry: RetryRule;
  readonly data: Readonly<Record<string, string>>;
}

export interface EventLine {
  readonly schemaVersion: typeof schemaVersion;
  readonly command: string;
  readonly event: string;
  readonly data: object;
}
