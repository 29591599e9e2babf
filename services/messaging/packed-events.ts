/**
 * The latest events of one feed as bytes. A server keeps hundreds of thousands of them, and as objects (eight each)
 * they were copied twice by young garbage collections and walked through by each old one.
 * An event: flags u8, count of owners u16, owners i64 each; of a sent message also its id i64, the length of the
 * client id u8, client id, the length of the key u8, key; then the payload.
 */
import type { ClientId, MessageId, SendKey, UserId } from '../core/ids.ts';
import { FeedEvent, type EventFields, type EventSender } from './feed-event.ts';

const smallestBlockBytes = 1024;
const largestBlockBytes = 32 * 1024;
/** Of the arrays below, for each event. */
const indexBytes = 32;

const isReceiptFlag = 1;
const hasSenderFlag = 2;

export class PackedEvents {
  /** Each event's block, and where in it the event begins and ends. */
  #blocks: Buffer[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #offsets: number[] = [];
  #first = 0;
  #blockBytes = smallestBlockBytes;

  get length(): number {
    return this.#offsets.length - this.#first;
  }

  /** Answers the bytes that it takes. Offsets grow from event to event. */
  push({ fields }: FeedEvent): number {
    const bytes = sizeOf(fields);
    const start = this.#ends.at(-1) ?? 0;
    let block = this.#blocks.at(-1);
    const fits = block !== undefined && start + bytes <= block.length;
    if (block === undefined || !fits) {
      block = Buffer.allocUnsafeSlow(Math.max(this.#blockBytes, bytes));
      this.#blockBytes = Math.min(2 * this.#blockBytes, largestBlockBytes);
    }
    write(block, fits ? start : 0, fields);
    this.#blocks.push(block);
    this.#starts.push(fits ? start : 0);
    this.#ends.push((fits ? start : 0) + bytes);
    this.#offsets.push(fields.offset);
    return bytes + indexBytes;
  }

  /** The index of the first event above the offset; `length` when there is none. */
  indexAfter(offset: number): number {
    let low = this.#first;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - this.#first;
  }

  offsetAt(index: number): number {
    return this.#offsets[this.#first + index] ?? -1;
  }

  /** Without making an event of it. */
  concerns(index: number, user: UserId): boolean {
    const block = this.#blocks[this.#first + index];
    const start = this.#starts[this.#first + index];
    if (block === undefined || start === undefined) return false;
    const end = start + 3 + 8 * block.readUInt16LE(start + 1);
    for (let at = start + 3; at < end; at += 8) if (block.readBigInt64LE(at) === user) return true;
    return false;
  }

  at(index: number): FeedEvent {
    const at = this.#first + index;
    const block = this.#blocks[at];
    if (block === undefined) throw new RangeError(`event ${index} of ${this.length}`);
    return new FeedEvent(read(block.subarray(this.#starts[at], this.#ends[at]), this.offsetAt(index)));
  }

  /** Drops the oldest event; undefined when there is none. */
  dropFirst(): { readonly offset: number; readonly bytes: number } | undefined {
    const offset = this.#offsets[this.#first];
    if (offset === undefined) return undefined;
    const bytes = (this.#ends[this.#first] ?? 0) - (this.#starts[this.#first] ?? 0) + indexBytes;
    this.#first += 1;
    if (this.#first > 64 && this.#first * 2 > this.#offsets.length) {
      this.#blocks = this.#blocks.slice(this.#first);
      this.#starts = this.#starts.slice(this.#first);
      this.#ends = this.#ends.slice(this.#first);
      this.#offsets = this.#offsets.slice(this.#first);
      this.#first = 0;
    }
    return { offset, bytes };
  }
}

function sizeOf({ owners, payload, sender }: EventFields): number {
  const senderBytes = sender === undefined ? 0 : 8 + 1 + sender.clientId.length + 1 + sender.key.length;
  return 1 + 2 + 8 * owners.length + senderBytes + payload.length;
}

function write(block: Buffer, start: number, { owners, isReceipt, payload, sender }: EventFields): void {
  let at = block.writeUInt8((isReceipt ? isReceiptFlag : 0) | (sender === undefined ? 0 : hasSenderFlag), start);
  at = block.writeUInt16LE(owners.length, at);
  for (const owner of owners) at = block.writeBigInt64LE(owner, at);
  if (sender !== undefined) {
    at = block.writeBigInt64LE(sender.messageId, at);
    for (const text of [sender.clientId, sender.key]) {
      at = block.writeUInt8(text.length, at);
      at += block.write(text, at, 'latin1');
    }
  }
  block.set(payload, at);
}

function read(bytes: Buffer, offset: number): EventFields {
  const flags = bytes.readUInt8(0);
  const count = bytes.readUInt16LE(1);
  let at = 3;
  const owners = Array.from({ length: count }, (_, index) => bytes.readBigInt64LE(at + 8 * index) as UserId);
  at += 8 * count;
  let sender: EventSender | undefined;
  if ((flags & hasSenderFlag) !== 0) {
    const messageId = bytes.readBigInt64LE(at) as MessageId;
    const [clientId, afterClient] = readText(bytes, at + 8);
    const [key, afterKey] = readText(bytes, afterClient);
    sender = { clientId: clientId as ClientId, key: key as SendKey, messageId };
    at = afterKey;
  }
  return { offset, owners, isReceipt: (flags & isReceiptFlag) !== 0, payload: bytes.subarray(at), sender };
}

function readText(bytes: Buffer, at: number): [text: string, end: number] {
  const end = at + 1 + bytes.readUInt8(at);
  return [bytes.toString('latin1', at + 1, end), end];
}
