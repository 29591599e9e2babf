/**
 * The server's wall clock as far as it is known here: this machine's clock plus the offset that the server's
 * latest answer showed. Keys are made by it, so that a wrong clock here does not make them expire.
 */
import type { Clock } from '../../services/core/time/clock.ts';

export interface ServerTime {
  /** Milliseconds since 1970; this machine's clock until the server has said its own. */
  nowMs(): number;
  /** What an answer says; 0 says nothing. */
  note(serverTimeMs: bigint | number): void;
  /** What to do about a send that expired again and again. */
  hint(): string;
}

const clockAgreesMs = 30_000;

export function createServerTime(clock: Clock): ServerTime {
  let offsetMs: number | undefined;
  return {
    nowMs: () => clock.nowMs() + (offsetMs ?? 0),
    note(serverTimeMs) {
      const said = Number(serverTimeMs);
      if (said > 0) offsetMs = said - clock.nowMs();
    },
    hint() {
      if (offsetMs === undefined) return "compare this machine's clock with the server's";
      if (Math.abs(offsetMs) < clockAgreesMs) return 'look into history whether it arrived, else send it again';
      const seconds = Math.round(Math.abs(offsetMs) / 1000);
      const side = offsetMs > 0 ? 'behind' : 'ahead of';
      return `this machine's clock is ${seconds} s ${side} the server's: set the clock, then send again`;
    },
  };
}
