/**
 * Drives one connection: gathers into each frame what is waiting (sends, confirmations, a renewed token, a
 * ping), keeps the token alive, notices a dead line. What comes in goes to the ports, in order.
 */
import type { OpenRequest, OpenResponse, Welcome } from '../../protos/gen/cecochat/v1/chat.ts';
import { CecochatError } from '../../services/core/errors.ts';
import type { Cancellable, Clock } from '../../services/core/time/clock.ts';
import type { Confirmations } from './confirmations.ts';
import { openConnection } from './connection.ts';
import { createDeferred } from './deferred.ts';
import type { Outbox } from './outbox.ts';
import type { ServerTime } from './server-time.ts';
import type { Session } from './session.ts';

export interface StreamRequest {
  readonly address: string;
  readonly token: string;
  readonly cursor: Buffer;
  readonly session: Session;
  readonly clock: Clock;
  readonly serverTime: ServerTime;
  readonly outbox: Outbox;
  readonly confirmations: Confirmations;
  readonly welcome: (welcome: Welcome) => void;
  readonly frame: (frame: OpenResponse) => void;
}

export interface Stream {
  /** Undefined: ended as asked for. */
  readonly ended: Promise<Error | undefined>;
  readonly rttMs: number | undefined;
  /** Something may be waiting to go out. */
  kick(): void;
  pause(): void;
  resume(): void;
  end(): void;
  cancel(reason?: Error): void;
}

const frameBytes = 256 * 1024;
const receiptsPerFrame = 1000;
const confirmEveryMs = 100;
const pingEveryMs = 15_000;
const longestTimerMs = 2 ** 31 - 1;

export function runStream(request: StreamRequest): Stream {
  const { clock, outbox, confirmations, session, serverTime } = request;
  const timers = new Set<Cancellable>();
  const over = createDeferred<Error | undefined>();
  let scheduled = false;
  let wake: Cancellable | undefined;
  let confirmAtMs = 0;
  let renewToken = '';
  let ping: { nonce: bigint; atMs: number } | undefined;
  let pingDue = false;
  let rttMs: number | undefined;

  const gather = (): Partial<OpenRequest> | undefined => {
    const nowMs = clock.monotonicMs();
    const sends = outbox.take(nowMs, frameBytes);
    const confirm = confirmations.pending && nowMs >= confirmAtMs;
    if (sends.length === 0 && !confirm && renewToken === '' && !pingDue) return undefined;
    const frame: Partial<OpenRequest> = { sends };
    if (confirm) {
      frame.confirmations = confirmations.take(receiptsPerFrame);
      confirmAtMs = nowMs + confirmEveryMs;
    }
    if (renewToken !== '') frame.renewToken = renewToken;
    renewToken = '';
    if (pingDue) {
      ping = { nonce: (ping?.nonce ?? 0n) + 1n, atMs: nowMs };
      frame.ping = { nonce: ping.nonce };
      pingDue = false;
    }
    return frame;
  };
  const flush = (): void => {
    scheduled = false;
    if (!connection.writable) return;
    const frame = gather();
    if (frame !== undefined) {
      connection.write(frame);
      return;
    }
    const nowMs = clock.monotonicMs();
    const confirmMs = confirmations.pending ? confirmAtMs : Number.POSITIVE_INFINITY;
    const atMs = Math.min(outbox.wakeAtMs(nowMs) ?? Number.POSITIVE_INFINITY, confirmMs);
    wake?.cancel();
    if (atMs < Number.POSITIVE_INFINITY) wake = clock.after(Math.max(1, Math.ceil(atMs - nowMs)), kick);
  };
  const kick = (): void => {
    if (scheduled || !connection.writable) return;
    scheduled = true;
    setImmediate(flush);
  };
  const keepToken = (endsMs: number): void => {
    const leftMs = endsMs - serverTime.nowMs();
    const dueMs = Math.max(1_000, leftMs - Math.max(30_000, leftMs / 5));
    timers.add(
      clock.after(Math.min(dueMs, longestTimerMs), () => {
        session.renew().then(
          (token) => {
            renewToken = token;
            kick();
            keepToken(session.expiresAtMs);
          },
          // The stream lives until the token ends; the error of that end is what counts.
          () => keepToken(endsMs),
        );
      }),
    );
  };

  const connection = openConnection({
    address: request.address,
    token: request.token,
    cursor: request.cursor,
    clock,
    welcome(welcome) {
      serverTime.note(welcome.serverTimeMs);
      const limits = welcome.limits ?? { sendsInFlight: 64, sendsPerSecond: 0, sendsBurst: 0 };
      outbox.connected(limits, clock.monotonicMs());
      confirmations.connected();
      if (welcome.tokenEndsMs > 0n) keepToken(Number(welcome.tokenEndsMs));
      timers.add(
        clock.every(pingEveryMs, () => {
          if (ping !== undefined && ping.atMs > 0 && clock.monotonicMs() - ping.atMs > pingEveryMs - 1) {
            connection.cancel(
              new CecochatError('engine.unavailable', `${request.address} did not answer for ${pingEveryMs} ms`),
            );
            return;
          }
          pingDue = true;
          kick();
        }),
      );
      // The first one at once, so that the round-trip time is known.
      pingDue = true;
      request.welcome(welcome);
      kick();
    },
    frame(frame) {
      if (frame.pong !== undefined) serverTime.note(frame.pong.serverTimeMs);
      if (frame.pong !== undefined && frame.pong.nonce === ping?.nonce) {
        rttMs = clock.monotonicMs() - ping.atMs;
        ping = { nonce: ping.nonce, atMs: 0 };
      }
      request.frame(frame);
      kick();
    },
    writable: kick,
    ended(error) {
      for (const timer of timers) timer.cancel();
      wake?.cancel();
      outbox.disconnected();
      over.resolve(error);
    },
  });

  return {
    ended: over.promise,
    get rttMs() {
      return rttMs;
    },
    kick,
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    end: () => connection.end(),
    cancel: (reason) => connection.cancel(reason),
  };
}
