/**
 * Encodes what clients receive. An event becomes a chunk: the bytes of one `events` element of an OpenResponse,
 * tag and length included, so that a frame is its chunks one after another. A chunk is made once for all clients.
 * Layout of a chunk: 0x12 length { 0x0a 23 cursor, 0x1a | 0x22 | 0x2a length body }.
 */
import { encodeCursor } from '../core/log/cursor.ts';
import { WireReader } from './wire-reader.ts';
import { bytesFieldSize, int64Size, optionalFieldSize, varintSize, WireWriter } from './wire-writer.ts';

const cursorBytes = 23;
const offsetAt = 17;

/** Encodes the cursors of one incarnation: only the offset differs. */
export function createCursorWriter(incarnation: string): CursorWriter {
  return new CursorWriter(encodeCursor({ incarnation, offset: 0 }).subarray(0, offsetAt));
}

export class CursorWriter {
  readonly #prefix: Buffer;

  constructor(prefix: Buffer) {
    this.#prefix = prefix;
  }

  cursor(offset: number): Buffer {
    const bytes = Buffer.allocUnsafe(cursorBytes);
    bytes.set(this.#prefix);
    bytes.writeUIntBE(offset < 0 ? 2 ** 48 - 1 : offset, offsetAt, 6);
    return bytes;
  }
}

export function messageChunk(cursor: Uint8Array, message: Uint8Array): Buffer {
  return eventChunk(cursor, 0x1a, message);
}

export function receiptChunk(cursor: Uint8Array, receipt: Uint8Array): Buffer {
  return eventChunk(cursor, 0x2a, receipt);
}

export interface AckFields {
  readonly key: string;
  readonly messageId: bigint;
  /** In ASCII. */
  readonly chatId: Uint8Array;
}

export function ackChunk(cursor: Uint8Array, fields: AckFields): Buffer {
  const ackSize = sizeOfAck(fields);
  const eventSize = bytesFieldSize(cursor.length) + bytesFieldSize(ackSize);
  const writer = new WireWriter(bytesFieldSize(eventSize));
  writer.varint(0x12).varint(eventSize).field(0x0a, cursor).varint(0x22).varint(ackSize);
  return writeAck(writer, fields).bytes;
}

/** The same event for a ListenResponse, where `events` is field 1. */
export function listenFrame(chunks: readonly Buffer[]): Buffer {
  const frame = Buffer.concat(chunks);
  let at = 0;
  for (const chunk of chunks) {
    frame[at] = 0x0a;
    at += chunk.length;
  }
  return frame;
}

export interface WelcomeFields {
  readonly serverId: string;
  readonly serverTimeMs: number;
  readonly cursor: Uint8Array;
  readonly tokenEndsMs: number;
  readonly limits: {
    readonly messageBytes: number;
    readonly sendsInFlight: number;
    readonly sendsPerSecond: number;
    readonly sendsBurst: number;
  };
}

export function welcomeChunk(fields: WelcomeFields): Buffer {
  const { messageBytes, sendsInFlight, sendsPerSecond, sendsBurst } = fields.limits;
  const limits = nested((writer) =>
    writer
      .int64Field(0x08, BigInt(messageBytes))
      .int64Field(0x10, BigInt(sendsInFlight))
      .int64Field(0x18, BigInt(sendsPerSecond))
      .int64Field(0x20, BigInt(sendsBurst)),
  );
  const serverId = Buffer.from(fields.serverId, 'utf8');
  const welcome = nested((writer) =>
    writer
      .field(0x0a, serverId)
      .int64Field(0x10, BigInt(Math.floor(fields.serverTimeMs)))
      .field(0x1a, fields.cursor)
      .int64Field(0x20, BigInt(Math.floor(fields.tokenEndsMs)))
      .field(0x2a, limits),
  );
  return new WireWriter(bytesFieldSize(welcome.length)).field(0x0a, welcome).bytes;
}

export function pongChunk(nonce: bigint, serverTimeMs: number): Buffer {
  const time = BigInt(Math.floor(serverTimeMs));
  // A negative nonce takes ten bytes, two's complement.
  const echoed = BigInt.asUintN(64, nonce);
  const size = (nonce === 0n ? 0 : 1 + int64Size(echoed)) + 1 + int64Size(time);
  const writer = new WireWriter(bytesFieldSize(size)).varint(0x22).varint(size);
  return writer.int64Field(0x08, echoed).int64Field(0x10, time).bytes;
}

/** A SendResult: the key was known. */
export function acceptedChunk(fields: AckFields): Buffer {
  const ackSize = sizeOfAck(fields);
  const size = bytesFieldSize(fields.key.length) + bytesFieldSize(ackSize);
  const writer = new WireWriter(bytesFieldSize(size)).varint(0x1a).varint(size);
  writer.ascii(0x0a, fields.key).varint(0x12).varint(ackSize);
  return writeAck(writer, fields).bytes;
}

export interface RefusalFields {
  readonly key: string;
  readonly code: string;
  readonly retry: string;
  readonly detail: string;
  readonly serverTimeMs: number;
  /** A cursor, or empty. */
  readonly position: Uint8Array;
}

export function refusedChunk(fields: RefusalFields): Buffer {
  const key = Buffer.from(fields.key, 'utf8');
  const detail = Buffer.from(fields.detail, 'utf8');
  const time = BigInt(Math.floor(fields.serverTimeMs));
  const { code, retry, position } = fields;
  const refusalSize =
    bytesFieldSize(code.length) +
    bytesFieldSize(retry.length) +
    bytesFieldSize(detail.length) +
    (1 + int64Size(time)) +
    optionalFieldSize(position.length);
  const size = bytesFieldSize(key.length) + bytesFieldSize(refusalSize);
  const writer = new WireWriter(bytesFieldSize(size)).varint(0x1a).varint(size).field(0x0a, key);
  writer.varint(0x1a).varint(refusalSize).ascii(0x0a, code).ascii(0x12, retry).field(0x1a, detail);
  writer.int64Field(0x20, time);
  if (position.length > 0) writer.field(0x2a, position);
  return writer.bytes;
}

/** The chat id inside an encoded cecochat.v1.Message; empty when there is none. */
export function chatIdOf(message: Uint8Array): Buffer {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x1a) return reader.bytes();
    reader.skip(tag);
  }
  return bytes.subarray(0, 0);
}

function eventChunk(cursor: Uint8Array, tag: number, body: Uint8Array): Buffer {
  const eventSize = bytesFieldSize(cursor.length) + bytesFieldSize(body.length);
  const writer = new WireWriter(1 + varintSize(eventSize) + eventSize);
  return writer.varint(0x12).varint(eventSize).field(0x0a, cursor).field(tag, body).bytes;
}

function sizeOfAck(fields: AckFields): number {
  return (
    bytesFieldSize(fields.key.length) + 2 * (1 + int64Size(fields.messageId)) + optionalFieldSize(fields.chatId.length)
  );
}

function writeAck(writer: WireWriter, fields: AckFields): WireWriter {
  writer.ascii(0x0a, fields.key).int64Field(0x10, fields.messageId).int64Field(0x18, fields.messageId);
  return fields.chatId.length === 0 ? writer : writer.field(0x22, fields.chatId);
}

/** For small messages that are rare: written into more room than needed, then cut. */
function nested(write: (writer: WireWriter) => WireWriter): Buffer {
  const writer = write(new WireWriter(512));
  return writer.bytes.subarray(0, writer.length);
}
