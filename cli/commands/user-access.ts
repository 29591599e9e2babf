/**
 * `user access`: what a client of another make needs to act as a user, as lines that a shell takes over.
 */
import { makeSendKey } from '../../services/core/ids.ts';
import { discover } from '../client/discovery.ts';
import { openChatAccess } from './chat-access/chat-access.ts';
import type { CommandResult, Invocation } from './command.ts';

export async function userAccess(
  { environment }: Invocation,
  userName: string,
  stackName: string,
): Promise<CommandResult> {
  const { signal, clock, random } = environment;
  const { stack, session } = await openChatAccess({ environment, stackName, userName, client: 'chat', signal });
  const token = await session.accessToken(signal);
  const { messagingAddress: messaging, historyAddress: history } = await discover({
    connectUrl: stack.connectUrl,
    token,
    signal,
  });
  const key = makeSendKey(clock.nowMs(), random.bytes(10));
  return {
    data: { userId: String(session.userId), token, expiresAtMs: session.expiresAtMs, messaging, history, key },
    text: [`token=${token}`, `messaging=${messaging}`, `history=${history}`, `key=${key}`].join('\n'),
  };
}
