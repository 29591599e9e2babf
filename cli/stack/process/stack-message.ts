/**
 * What the stack's process tells `up` while it starts.
 */
import { isErrorCode, type ErrorCode } from '../../../services/core/errors.ts';

export type StackMessage =
  | { readonly kind: 'port-replaced'; readonly name: string; readonly wanted: number; readonly got: number }
  | { readonly kind: 'listening'; readonly afterMs: number }
  | { readonly kind: 'ready'; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly error: StackFailure };

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
    case 'listening':
    case 'ready':
      return 'afterMs' in value ? { kind: value.kind, afterMs: Number(value.afterMs) } : undefined;
    case 'failed':
      return 'error' in value ? { kind: 'failed', error: parseFailure(value.error) } : undefined;
    default:
      return undefined;
  }
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
