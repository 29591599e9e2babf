/**
 * Who calls, and what serving a client takes.
 */
import type { ClientId, UserId } from '../core/ids.ts';
import type { Owner } from './owner.ts';
import type { ClientLimits, SendLimits } from './send-limits.ts';
import type { StreamHost } from './stream-host.ts';

/** Who calls, as the token says. */
export interface ChatSession {
  readonly userId: UserId;
  readonly clientId: ClientId;
  readonly expiresAtMs: number;
  readonly limits: ClientLimits | undefined;
}

export interface ChatDependencies {
  readonly serverId: string;
  readonly host: StreamHost;
  readonly owner: Pick<Owner, 'send' | 'confirm'>;
  readonly sendLimits: SendLimits;
  readonly defaultLimits: ClientLimits;
  /** The user's partition once this server owns it. Errors: partition.not_owned, server.not_ready, server.stopping. */
  readonly ownedPartition: (user: UserId) => Promise<number>;
  /** Checks a fresh token. Error: unauthenticated. */
  readonly verify: (token: string) => Promise<ChatSession>;
}
