/**
 * A device in the smoke test: a client whose feed is written down as it comes.
 */
import type { Receipt } from '../../../protos/gen/cecochat/v1/message.ts';
import { CecochatError } from '../../../services/core/errors.ts';
import { asError } from '../../../services/core/thrown.ts';
import type { Clock } from '../../../services/core/time/clock.ts';
import type { ChatClient, FeedEvent } from '../../client/chat-client.ts';
import { sightingOf, type Sighting } from '../../client/feed-checker.ts';

export interface Device extends AsyncDisposable {
  readonly name: string;
  readonly client: ChatClient;
  readonly seen: Sighting[];
  readonly receipts: Receipt[];
  /** Resolves when it has seen so; `what` is for the message when that takes more than ten seconds. */
  until(good: () => boolean, what: string): Promise<void>;
}

const patienceMs = 10_000;

/** Goes on where `earlier` stopped, when given. */
export function openDevice(
  name: string,
  client: ChatClient,
  given: { readonly clock: Clock; readonly signal: AbortSignal; readonly earlier?: Device },
): Device {
  const { clock, signal, earlier } = given;
  const seen = earlier?.seen ?? [];
  const receipts = earlier?.receipts ?? [];
  let fault: Error | undefined;
  const note = (event: FeedEvent): void => {
    const sighting = sightingOf(event, client.session.userId);
    if (sighting !== undefined) seen.push(sighting);
    if (event.event?.$case === 'receipt') receipts.push(event.event.value);
  };
  const follow = async (): Promise<void> => {
    for await (const event of client.events()) note(event);
  };
  const following = follow().catch((error: unknown) => {
    fault = asError(error);
  });
  return {
    name,
    client,
    seen,
    receipts,
    async until(good, what) {
      const endMs = clock.monotonicMs() + patienceMs;
      while (!good()) {
        if (fault !== undefined) throw fault;
        if (clock.monotonicMs() > endMs) {
          throw new CecochatError('stack.unhealthy', `${name}: ${what} did not come within ${patienceMs / 1000} s`);
        }
        await clock.sleep(1, signal);
      }
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await following;
    },
  };
}
