/**
 * Records of one partition, for tests: bob's messages to alice, of whom only bob lives there.
 */
import { Message } from '../../protos/gen/cecochat/v1/message.ts';
import { makeSendKey, parseClientId, parseMessageId, parseUserId } from '../core/ids.ts';
import type { Fence, Sent } from '../core/log/record.ts';
import { seededRandom } from '../core/random.ts';

export const incarnation = '01900000-0000-7000-8000-000000000000';
const random = seededRandom(1);

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test is wrong');
  return value;
}

export const bob = given(parseUserId(1n));
const alice = given(parseUserId(2n));
const clientId = given(parseClientId('00000000-0000-4000-8000-000000000001'));
export const fence: Fence = { kind: 'fence', own: { term: 1, server: 's1', sequence: 0 }, incarnation };

/** Its message id is 1000 and the sequence. */
export function sent(sequence: number, more: { readonly term?: number; readonly text?: string } = {}): Sent {
  const { term = 1, text = '' } = more;
  const messageId = given(parseMessageId(BigInt(1000 + sequence)));
  const key = makeSendKey(1_700_000_000_000 + sequence, random.bytes(10));
  const head = { messageId, order: messageId, chatId: '1-2', senderId: bob, clientId, key };
  const content = { kind: 1, body: { $case: 'text', value: text } } as const;
  const message = Message.encode({ ...Message.decode(Buffer.alloc(0)), ...head, content }).finish();
  const own = { term, server: 's1', sequence };
  return { kind: 'sent', own, messageId, senderId: bob, key, clientId, owners: [bob], receivers: [alice], message };
}
