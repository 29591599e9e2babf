/**
 * Sends many messages over one stream, in order, holding a bounded number in memory. Stops at the first
 * line that is bad or finally refused, after everything before it has been settled.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { asError } from '../../../services/core/thrown.ts';
import type { UserId } from '../../../services/core/ids.ts';
import type { ChatClient } from '../../client/chat-client.ts';
import { textContent, type AcceptedSend } from '../../client/sender.ts';
import type { Line } from './lines.ts';

export interface LinesSent {
  /** Acknowledged. */
  readonly sent: number;
  /** Given to the client, acknowledged or not. */
  readonly tried: number;
  readonly first: AcceptedSend | undefined;
  readonly last: AcceptedSend | undefined;
  /** The first line that was not tried: neither it nor any after it was sent. */
  readonly stoppedAt: number;
  /** What stopped it, with the line's number. */
  readonly failure: Error | undefined;
}

export async function sendLines(request: {
  readonly client: Pick<ChatClient, 'send' | 'room'>;
  readonly to: UserId;
  readonly lines: AsyncIterable<Line>;
  readonly accepted: (line: Line, send: AcceptedSend) => Promise<void>;
  readonly signal: AbortSignal;
}): Promise<LinesSent> {
  const { client, to, lines, signal } = request;
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let tried = 0;
  let first: AcceptedSend | undefined;
  let last: AcceptedSend | undefined;
  let failure: Error | undefined;
  let stoppedAt = 1;

  const follow = async (line: Line): Promise<void> => {
    try {
      const send = await client.send({ to, content: textContent(line.text) });
      sent += 1;
      first ??= send;
      last = send;
      await request.accepted(line, send);
    } catch (error) {
      failure ??= atLine(error, line);
    }
  };
  try {
    for await (const line of lines) {
      signal.throwIfAborted();
      await client.room(signal);
      if (failure !== undefined) break;
      stoppedAt = line.number + 1;
      tried += 1;
      const following: Promise<void> = follow(line).finally(() => pending.delete(following));
      pending.add(following);
    }
  } catch (error) {
    failure ??= asError(error);
    // Empty lines may stand before a bad one.
    const bad = error instanceof CecochatError ? error.data['line'] : undefined;
    if (bad !== undefined) stoppedAt = Number(bad);
  }
  await Promise.all(pending);
  return { sent, tried, first, last, stoppedAt, failure };
}

function atLine(error: unknown, line: Line): Error {
  if (!(error instanceof CecochatError)) return asError(error);
  if (error.code === 'interrupted' || error.code === 'timed.out') return error;
  return new CecochatError(error.code, `line ${line.number}: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    data: { ...error.data, line: String(line.number) },
    cause: error,
  });
}
