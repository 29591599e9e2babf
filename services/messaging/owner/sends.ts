/**
 * Decides on each send: a new message, a repetition, or a refusal (design: "Retries of clients").
 */
import type { ErrorCode } from '../../core/errors.ts';
import { sendKeyTimeMs, type MessageId, type SendKey } from '../../core/ids.ts';
import type { AcceptedKey, Position } from '../../core/log/record.ts';
import type { SendCommand, SendOutcome } from '../owner.ts';
import { keyAheadMs, type KnownKeys } from './known-keys.ts';

export type SendDecision =
  | { readonly kind: 'new'; readonly messageId: MessageId }
  | { readonly kind: 'repeated'; readonly first: AcceptedKey }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string; readonly expired: boolean };

export interface SendContext {
  readonly keys: KnownKeys;
  readonly nowMs: number;
  /** More may not be taken on now. */
  readonly full: boolean;
  readonly nextId: () => MessageId | undefined;
}

export function decideSend(command: SendCommand, context: SendContext): SendDecision {
  const { keys, nowMs } = context;
  const { senderId, key, previousKey } = command;
  const sinceMs = keys.sinceMs(nowMs);
  const first = keys.find(senderId, key);
  if (first !== undefined) return { kind: 'repeated', first };
  const madeMs = sendKeyTimeMs(key);
  if (madeMs < sinceMs || madeMs > nowMs + keyAheadMs) {
    keys.expired.note(senderId, key, nowMs);
    const why = madeMs < sinceMs ? 'is too old to be looked up' : "was made over a minute ahead of the server's clock";
    return { ...refusal('send.expired', `key ${key} ${why}`), expired: true };
  }
  if (previousKey !== undefined && isUndecided(previousKey, command, context))
    return refusal('send.out_of_order', `the previous send ${previousKey} has not been accepted yet`);
  if (context.full) return refusal('send.limited', 'too many messages of this partition wait for the log');
  const messageId = context.nextId();
  if (messageId === undefined)
    return refusal('server.not_ready', 'message ids are more than a minute ahead of the clock, or not reserved yet');
  return { kind: 'new', messageId };
}

/**
 * An older one that is not known was accepted long ago or never will be under that key. But one that was just
 * refused as expired may be about to come again under another key, before its successor.
 */
function isUndecided(previousKey: SendKey, { senderId }: SendCommand, { keys, nowMs }: SendContext): boolean {
  if (keys.find(senderId, previousKey) !== undefined) return false;
  return sendKeyTimeMs(previousKey) >= keys.sinceMs(nowMs) || keys.expired.has(senderId, previousKey, nowMs);
}

export function accepted(messageId: MessageId, position: Position, repeated: boolean): SendOutcome {
  return { kind: 'accepted', messageId, position, repeated };
}

export function notOwned(partition: number, server: string): SendOutcome {
  return {
    kind: 'refused',
    code: 'partition.not_owned',
    detail: `server ${server} does not own partition ${partition} of the sender`,
  };
}

function refusal(code: ErrorCode, detail: string) {
  return { kind: 'refused' as const, code, detail, expired: false };
}
