/**
 * What Kafka's error codes mean to the backplane. Nothing of the driver leaves this folder: callers get
 * engine.unavailable with the cause.
 */
import { errorCodes } from 'kafkajs/src/protocol/error.js';
import { CecochatError } from '../../core/errors.ts';
import { messageFrom } from '../../core/thrown.ts';

/** Numbers of Kafka's protocol. */
export const codes = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopic: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  timedOut: 7,
  messageTooLarge: 10,
  noCoordinatorYet: 15,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicExists: 36,
  fetchSessionUnknown: 70,
  fetchSessionEpoch: 71,
  memberIdRequired: 79,
} as const;

/** After these a record was not written, and trying again may help. */
const notWritten: ReadonlySet<number> = new Set([
  codes.unknownTopic,
  codes.leaderNotAvailable,
  codes.notLeader,
  codes.notEnoughReplicas,
]);

export function isNotWritten(code: number): boolean {
  return notWritten.has(code);
}

export function isTooLarge(code: number): boolean {
  return code === codes.messageTooLarge || code === codes.recordListTooLarge;
}

/** A broker's answer that carries an error code. */
export class KafkaFault extends Error {
  readonly code: number;

  constructor(code: number, what: string) {
    super(`Kafka answered ${what} with error code ${code}${nameOf(code)}`);
    this.name = 'KafkaFault';
    this.code = code;
  }
}

/** " (NOT_ENOUGH_REPLICAS)", or nothing for a code that the driver does not know. */
function nameOf(code: number): string {
  const found = errorCodes.find((known) => known.code === code);
  return found === undefined ? '' : ` (${found.type})`;
}

export function unavailable(what: string, cause: unknown): CecochatError {
  if (cause instanceof CecochatError) return cause;
  const why = messageFrom(cause);
  return new CecochatError('engine.unavailable', `Kafka: ${what}: ${why}`, { hint: hintFor(cause, why), cause });
}

function hintFor(cause: unknown, why: string): string {
  if (cause instanceof Error && cause.name.includes('SASL')) return 'check the user, the password and the mechanism';
  if (/certificate|altnames|\bssl\b|\btls\b/i.test(why)) return 'check the authority and the name of the certificate';
  return 'is the broker running and reachable? It is tried again by itself';
}
