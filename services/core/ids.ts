/**
 * Ids that must not be mixed up. User and message ids are int64: bigint in code, decimal strings in JSON.
 */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

export type UserId = Branded<bigint, 'UserId'>;
export type MessageId = Branded<bigint, 'MessageId'>;
/** UUID of one device or program of a user. */
export type ClientId = Branded<string, 'ClientId'>;
/** UUIDv7 that a client gives to one send and all its retries. */
export type SendKey = Branded<string, 'SendKey'>;

const maxInt64 = 2n ** 63n - 1n;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isInt64Id(value: bigint): boolean {
  return value > 0n && value <= maxInt64;
}

/** A positive int64 from a bigint or its canonical decimal form; undefined for anything else. */
export function parseUserId(value: bigint | string): UserId | undefined {
  const id = parseInt64(value);
  return id === undefined ? undefined : (id as UserId);
}

export function parseMessageId(value: bigint | string): MessageId | undefined {
  const id = parseInt64(value);
  return id === undefined ? undefined : (id as MessageId);
}

export function parseClientId(value: string): ClientId | undefined {
  return uuid.test(value) ? (value as ClientId) : undefined;
}

export function parseSendKey(value: string): SendKey | undefined {
  return uuidV7.test(value) ? (value as SendKey) : undefined;
}

/** Its 16 bytes (RFC 9562, section 4). */
export function sendKeyBytes(key: SendKey): Buffer {
  return Buffer.from(key.replaceAll('-', ''), 'hex');
}

/** Undefined unless they are the 16 bytes of a UUIDv7. */
export function sendKeyOfBytes(bytes: Uint8Array): SendKey | undefined {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return parseSendKey(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  );
}

/** When a UUIDv7 says it was made, in milliseconds since 1970 (RFC 9562, section 5.7). */
export function sendKeyTimeMs(key: SendKey): number {
  return Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16);
}

/** A UUIDv7 (RFC 9562) from a time in milliseconds and at least ten random bytes. */
export function makeSendKey(timeMs: number, random: Uint8Array): SendKey {
  const hex = Math.floor(timeMs).toString(16).padStart(12, '0');
  const tail = Buffer.from(random.subarray(0, 10));
  tail[0] = ((tail[0] ?? 0) & 0x0f) | 0x70;
  tail[2] = ((tail[2] ?? 0) & 0x3f) | 0x80;
  const rest = tail.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8, 20)}` as SendKey;
}

function parseInt64(value: bigint | string): bigint | undefined {
  if (typeof value === 'string' && !/^[1-9][0-9]{0,18}$/.test(value)) return undefined;
  const id = BigInt(value);
  return isInt64Id(id) ? id : undefined;
}
