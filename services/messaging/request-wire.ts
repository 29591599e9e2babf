/**
 * Reads what clients send. A content stays the bytes that the client sent, so that kinds and fields unknown here
 * travel on untouched. Malformed bytes are request.invalid.
 */
import { WireReader } from './wire-reader.ts';

/** cecochat.v1.SendMessageRequest, unchecked. */
export interface SendRequest {
  to: bigint;
  chatId: string;
  /** cecochat.v1.Content, encoded; undefined when absent. */
  content: Buffer | undefined;
  key: string;
  previousKey: string;
  targetId: bigint;
}

/** cecochat.v1.Receipt as a confirmation, unchecked. */
export interface Confirmation {
  chatId: string;
  senderId: bigint;
  deliveredUpTo: bigint;
  seenUpTo: bigint;
}

/** cecochat.v1.OpenRequest, unchecked. */
export interface OpenFrame {
  /** The hello's cursor; undefined without a hello. */
  hello: Buffer | undefined;
  sends: SendRequest[];
  confirmations: Confirmation[];
  renewToken: string;
  pingNonce: bigint | undefined;
}

export function decodeSendRequest(bytes: Buffer): SendRequest {
  const reader = new WireReader(bytes);
  const request: SendRequest = { to: 0n, chatId: '', content: undefined, key: '', previousKey: '', targetId: 0n };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) request.to = reader.int64();
    else if (tag === 0x12) request.chatId = reader.text();
    else if (tag === 0x1a) request.content = joined(request.content, reader.bytes());
    else if (tag === 0x22) request.key = reader.text();
    else if (tag === 0x2a) request.previousKey = reader.text();
    else if (tag === 0x30) request.targetId = reader.int64();
    else reader.skip(tag);
  }
  return request;
}

export function decodeOpenFrame(bytes: Buffer): OpenFrame {
  const reader = new WireReader(bytes);
  const frame: OpenFrame = { hello: undefined, sends: [], confirmations: [], renewToken: '', pingNonce: undefined };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) frame.hello = decodeCursorField(reader.bytes());
    else if (tag === 0x12) frame.sends.push(decodeSendRequest(reader.bytes()));
    else if (tag === 0x1a) frame.confirmations.push(decodeConfirmation(reader.bytes()));
    else if (tag === 0x22) frame.renewToken = reader.text();
    else if (tag === 0x2a) frame.pingNonce = decodePing(reader.bytes());
    else reader.skip(tag);
  }
  return frame;
}

/** The cursor of a cecochat.v1.ListenRequest or Hello: both have it alone, in field 1. */
export function decodeCursorField(bytes: Buffer): Buffer {
  const reader = new WireReader(bytes);
  let cursor: Buffer = bytes.subarray(0, 0);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) cursor = reader.bytes();
    else reader.skip(tag);
  }
  return cursor;
}

/** What a content says about itself. */
export interface ContentShape {
  kind: number;
  /** The text's bytes, not yet checked for UTF-8. */
  text: Buffer | undefined;
}

export function readContent(bytes: Buffer): ContentShape {
  const reader = new WireReader(bytes);
  const shape: ContentShape = { kind: 0, text: undefined };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) shape.kind = reader.uint32();
    else if (tag === 0x12) shape.text = reader.bytes();
    else {
      // The body is a oneof: the last one given counts.
      if (tag === 0x1a) shape.text = undefined;
      reader.skip(tag);
    }
  }
  return shape;
}

function decodeConfirmation(bytes: Buffer): Confirmation {
  const reader = new WireReader(bytes);
  const confirmation: Confirmation = { chatId: '', senderId: 0n, deliveredUpTo: 0n, seenUpTo: 0n };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) confirmation.chatId = reader.text();
    else if (tag === 0x18) confirmation.senderId = reader.int64();
    else if (tag === 0x20) confirmation.deliveredUpTo = reader.int64();
    else if (tag === 0x28) confirmation.seenUpTo = reader.int64();
    else reader.skip(tag);
  }
  return confirmation;
}

function decodePing(bytes: Buffer): bigint {
  const reader = new WireReader(bytes);
  let nonce = 0n;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) nonce = reader.int64();
    else reader.skip(tag);
  }
  return nonce;
}

/** Protobuf merges an embedded message that comes twice; concatenating its bytes is the same. */
function joined(before: Buffer | undefined, more: Buffer): Buffer {
  return before === undefined ? more : Buffer.concat([before, more]);
}
