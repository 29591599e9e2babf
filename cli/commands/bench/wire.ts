/**
 * Frames of Chat.Open without objects: requests are copied from a template, answers are scanned for keys.
 * A load generator that encodes and decodes as programs do would measure itself. Keys are UUIDv7 whose last
 * twelve digits count, so that the order of what comes can be checked.
 */
import { OpenRequest, SendMessageRequest } from '../../../protos/gen/cecochat/v1/chat.ts';

export const keyLength = 36;
const seriesOffset = 14;
const counterOffset = 24;
const placeholder = 'k'.repeat(keyLength);
const previousPlaceholder = 'p'.repeat(keyLength);

/** Adds one to the twelve hexadecimal digits at the end of a key. */
export function countUp(key: Buffer): void {
  for (let place = keyLength - 1; place >= counterOffset; place -= 1) {
    const digit = key[place] ?? 0;
    if (digit === 0x66) {
      key[place] = 0x30;
      continue;
    }
    key[place] = digit === 0x39 ? 0x61 : digit + 1;
    return;
  }
}

/** A key with counter zero: `series` tells the sender from all others. */
export function firstKey(timeMs: number, series: number): Buffer {
  const time = Math.floor(timeMs).toString(16).padStart(12, '0');
  const mark = series.toString(16).padStart(6, '0').slice(-6);
  return Buffer.from(
    `${time.slice(0, 8)}-${time.slice(8)}-7${mark.slice(0, 3)}-8${mark.slice(3)}-000000000000`,
    'latin1',
  );
}

/** Moves a key's time on, so that it does not expire. */
export function touchKey(key: Buffer, timeMs: number): void {
  const time = Math.floor(timeMs).toString(16).padStart(12, '0');
  key.write(time.slice(0, 8), 0, 'latin1');
  key.write(time.slice(8), 9, 'latin1');
}

/** True when the counter of the key at `at` in `frame` is that of `key`. */
export function sameCounter(frame: Buffer, at: number, key: Buffer): boolean {
  for (let place = counterOffset; place < keyLength; place += 1) {
    if (frame[at + place] !== key[place]) return false;
  }
  return true;
}

/** True when the key at `at` in `frame` is of the same sender as `key`. */
export function sameSeries(frame: Buffer, at: number, key: Buffer): boolean {
  for (let place = seriesOffset; place < counterOffset; place += 1) {
    if (frame[at + place] !== key[place]) return false;
  }
  return true;
}

export interface SendTemplate {
  /** One frame with `count` sends; the key counts up for each and ends as that of the last one. */
  frame(key: Buffer, count: number): Buffer;
}

/** Sends of the same text to the same user; the first one names no previous key. */
export function createSendTemplate(to: bigint, text: string): SendTemplate {
  const bytesOf = (previousKey: string): Buffer => {
    const content = { kind: 1, body: { $case: 'text', value: text } } as const;
    const send: SendMessageRequest = { to, chatId: '', content, key: placeholder, previousKey, targetId: 0n };
    const frame = { hello: undefined, sends: [send], confirmations: [], renewToken: '', ping: undefined };
    return Buffer.from(OpenRequest.encode(frame).finish());
  };
  const first = bytesOf('');
  const next = bytesOf(previousPlaceholder);
  const firstKeyAt = first.indexOf(placeholder);
  const keyAt = next.indexOf(placeholder);
  const previousAt = next.indexOf(previousPlaceholder);
  /** The key of the send before, as it was sent: the time in `key` may have moved on since. */
  const last = Buffer.alloc(keyLength);
  let started = false;
  return {
    frame(key, count) {
      const alone = !started;
      started = true;
      const frame = Buffer.allocUnsafe(alone ? first.length + (count - 1) * next.length : count * next.length);
      let at = 0;
      for (let index = 0; index < count; index += 1) {
        const template = alone && index === 0 ? first : next;
        template.copy(frame, at);
        if (template === next) last.copy(frame, at + previousAt);
        countUp(key);
        key.copy(last);
        key.copy(frame, at + (template === next ? keyAt : firstKeyAt));
        at += template.length;
      }
      return frame;
    },
  };
}

export interface FrameSink {
  /** Where its key begins in `frame`. */
  message(frame: Buffer, keyAt: number): void;
  ack(frame: Buffer, keyAt: number): void;
  /** It answers a send on its own: refusals, repeated keys. */
  result(frame: Buffer): void;
  welcome(frame: Buffer): void;
  /** Of each event, after what was in it. */
  cursor?(frame: Buffer, from: number, to: number): void;
}

// Field numbers of OpenResponse, Event, Message and Ack, as tags of length-delimited fields.
const welcomeTag = 0x0a;
const eventsTag = 0x12;
const resultsTag = 0x1a;
const cursorTag = 0x0a;
const messageTag = 0x1a;
const ackTag = 0x22;
const messageKeyTag = 0x32;
const ackKeyTag = 0x0a;

/** Scans OpenResponse frames, in order. */
export function createFrameScanner(sink: FrameSink): (frame: Buffer) => void {
  let at = 0;
  const varint = (frame: Buffer): number => {
    let value = 0;
    let shift = 1;
    for (;;) {
      const byte = frame[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
      shift *= 128;
    }
  };
  /** Where the wanted length-delimited field begins; -1 when it is not there. */
  const find = (frame: Buffer, end: number, wanted: number): number => {
    while (at < end) {
      const tag = varint(frame);
      if ((tag & 7) === 2) {
        const length = varint(frame);
        if (tag === wanted) return at;
        at += length;
      } else varint(frame);
    }
    return -1;
  };
  const event = (frame: Buffer, end: number): void => {
    let cursorFrom = 0;
    let cursorTo = 0;
    while (at < end) {
      const tag = varint(frame);
      if ((tag & 7) !== 2) {
        varint(frame);
        continue;
      }
      const length = varint(frame);
      const after = at + length;
      if (tag === messageTag) sink.message(frame, find(frame, after, messageKeyTag));
      else if (tag === ackTag) sink.ack(frame, find(frame, after, ackKeyTag));
      else if (tag === cursorTag) [cursorFrom, cursorTo] = [at, after];
      at = after;
    }
    if (cursorTo > 0) sink.cursor?.(frame, cursorFrom, cursorTo);
  };
  return (frame) => {
    at = 0;
    while (at < frame.length) {
      const tag = varint(frame);
      if ((tag & 7) !== 2) {
        varint(frame);
        continue;
      }
      const length = varint(frame);
      const after = at + length;
      if (tag === eventsTag) event(frame, after);
      else if (tag === resultsTag) sink.result(frame);
      else if (tag === welcomeTag) sink.welcome(frame);
      at = after;
    }
  };
}
