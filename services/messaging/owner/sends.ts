/**
 * Decides on each send: a new message, a repetition, or a refusal (design: "Retries of clients").
 */
import type { ErrorCode } from '../../core/errors.ts';
import { sendKeyTimeMs, type MessageId } from '../../core/ids.ts';
import type { Position } from '../../core/log/record.ts';
import type { SendCommand, SendOutcome } from '../owner.ts';
import { keyAheadMs, type KnownKey, type KnownKeys } from './known-keys.ts';

export type SendDecision =
  | { readonly kind: 'new'; readonly messageId: MessageId }
  | { readonly kind: 'repeated'; readonly known: KnownKey }
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
  const known = keys.find(senderId, key);
  if (known !== undefined) return { kind: 'repeated', known };
  const madeMs = sendKeyTimeMs(key);
  if (madeMs < sinceMs) return { ...refusal('send.expired', `key ${key} is too old to be looked up`), expired: true };
  if (madeMs > nowMs + keyAheadMs)
    return {
      ...refusal('send.expired', `key ${key} was made over a minute ahead of the server's clock`),
      expired: true,
    };
  // An older one that is not known will never be accepted: only a younger one can still come.
  if (previousKey !== undefined && sendKeyTimeMs(previousKey) >= sinceMs && !keys.find(senderId, previousKey))
    return refusal('send.out_of_order', `the previous send ${previousKey} has not been accepted yet`);
  if (context.full) return refusal('send.limited', 'too many messages of this partition wait for the log');
  const messageId = context.nextId();
  if (messageId === undefined)
    return refusal('server.not_ready', 'message ids are more than a minute ahead of the clock, or not reserved yet');
  return { kind: 'new', messageId };
}

export function accepted(known: KnownKey, position: Position, repeated: boolean): SendOutcome {
  return { kind: 'accepted', messageId: known.messageId, position, repeated };
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
