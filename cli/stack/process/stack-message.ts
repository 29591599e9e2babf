/**
 * What the stack's process and `up` tell each other while it starts.
 */
import { isErrorCode, type ErrorCode } from '../../../services/core/errors.ts';

export type StackMessage =
  | { readonly kind: 'port-replaced'; readonly name: string; readonly wanted: number; readonly got: number }
  /** A server has its code and now needs an engine. */
  | { readonly kind: 'loaded' }
  /** Topic or schema are there. */
  | { readonly kind: 'prepared'; readonly engine: EngineName }
  | { readonly kind: 'listening'; readonly afterMs: number }
  | { readonly kind: 'ready'; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly error: StackFailure };

/** What `up` tells a process that was started before its engines. */
export interface EngineUp {
  readonly kind: 'engine-up';
  readonly engine: EngineName;
}

export const engineNames = ['kafka', 'cassandra', 'redis'] as const;
export type EngineName = (typeof engineNames)[number];

export interface StackFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly causes: readonly string[];
}

/** undefined for anything else: the channel may carry messages of tools (coverage, loaders). */
export function parseStackMessage(value: unknown): StackMessage | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) {
    return undefined;
  }
  switch (value.kind) {
    case 'port-replaced':
      return 'name' in value && 'wanted' in value && 'got' in value
        ? { kind: 'port-replaced', name: String(value.name), wanted: Number(value.wanted), got: Number(value.got) }
        : undefined;
    case 'loaded':
      return { kind: 'loaded' };
    case 'prepared': {
      const engine = engineIn(value);
      return engine === undefined ? undefined : { kind: 'prepared', engine };
    }
    case 'listening':
    case 'ready':
      return 'afterMs' in value ? { kind: value.kind, afterMs: Number(value.afterMs) } : undefined;
    case 'failed':
      return 'error' in value ? { kind: 'failed', error: parseFailure(value.error) } : undefined;
    default:
      return undefined;
  }
}

export function parseEngineUp(value: unknown): EngineUp | undefined {
  const isOne = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'engine-up';
  const engine = isOne ? engineIn(value) : undefined;
  return engine === undefined ? undefined : { kind: 'engine-up', engine };
}

function engineIn(value: object): EngineName | undefined {
  return engineNames.find((known) => 'engine' in value && value.engine === known);
}

function parseFailure(value: unknown): StackFailure {
  const found = typeof value === 'object' && value !== null ? value : {};
  const code = 'code' in found ? String(found.code) : '';
  return {
    code: isErrorCode(code) ? code : 'internal',
    message: 'message' in found ? String(found.message) : 'the stack could not be started',
    hint: 'hint' in found && typeof found.hint === 'string' ? found.hint : null,
    causes: 'causes' in found && Array.isArray(found.causes) ? found.causes.map(String) : [],
  };
}
