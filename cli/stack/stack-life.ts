/**
 * Starts and stops a stack as a process of its own; `up`, `down` and `smoke` share it.
 */
import type { Invocation } from '../commands/command.ts';
import { CecochatError } from '../../services/core/errors.ts';
import type { StackAccess } from './running-stack.ts';

export interface StartRequest {
  readonly name: string;
  readonly timeoutMs: number;
  /** First port to try; 0 = free ports only (for throw-away stacks). */
  readonly portBase: number;
  /** Keep what started when not everything did. */
  readonly keep: boolean;
}

export interface StopRequest {
  readonly name: string;
  readonly timeoutMs: number;
  /** Also delete data, logs and secrets: the whole folder of the stack. */
  readonly deleteData: boolean;
}

/** Resolves when every server is ready; a failed start leaves nothing running. */
export async function startStack(invocation: Invocation, request: StartRequest): Promise<StackAccess> {
  void invocation;
  await Promise.resolve();
  throw new CecochatError('engine.unavailable', `stack "${request.name}" cannot be started yet`);
}

/** Resolves when the process is gone; a stack that is not running is fine. */
export async function stopStack(invocation: Invocation, request: StopRequest): Promise<void> {
  void invocation;
  void request;
  await Promise.resolve();
}
