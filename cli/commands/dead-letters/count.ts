/**
 * How many dead letters a stack has, for `status`: undefined when nobody says so soon.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { createDeadline } from '../chat-access/deadline.ts';
import type { Environment } from '../environment.ts';
import { openDeadLetterDesk } from './desk.ts';

const answerLimitMs = 2000;

/** Rejects with the signal's reason only. */
export async function countDeadLetters(environment: Environment, name: string): Promise<number | undefined> {
  const { clock, signal: parent } = environment;
  const what = (): string => 'counting the dead letters';
  using deadline = createDeadline({ clock, parent, timeoutMs: answerLimitMs, what });
  try {
    const desk = await openDeadLetterDesk({ ...environment, signal: deadline.signal }, name);
    return (await desk.page(null, 1)).total;
  } catch (error) {
    parent.throwIfAborted();
    if (error instanceof CecochatError) return undefined;
    throw error;
  }
}
