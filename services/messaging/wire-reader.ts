/**
 * Reads protobuf fields of untrusted bytes without copying. Whatever is cut off, too long or of a group kind is
 * request.invalid; unknown fields are skipped.
 */
import { isUtf8 } from 'node:buffer';
import { CecochatError } from '../core/errors.ts';

export class WireReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  /** The next field's tag, 0 at the end. */
  tag(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw broken('a field has the number 0');
    return tag;
  }

  /** A varint, cut to 32 bits as protobuf has it. */
  uint32(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80 && this.#at < this.#end) {
      this.#at += 1;
      return first;
    }
    return Number(BigInt.asUintN(32, this.int64()));
  }

  int64(): bigint {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
      if (byte === undefined) throw broken('a number is cut off');
      this.#at += 1;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
    }
    throw broken('a number is longer than ten bytes');
  }

  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#at;
    if (length > this.#end - start) throw broken('a field is cut off');
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  text(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw broken('a text field is not UTF-8');
    return bytes.toString('utf8');
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.int64();
        return;
      case 1:
        this.#leap(8);
        return;
      case 2:
        this.bytes();
        return;
      case 5:
        this.#leap(4);
        return;
      default:
        throw broken(`a field has the unknown wire type ${tag & 7}`);
    }
  }

  #leap(count: number): void {
    if (count > this.#end - this.#at) throw broken('a field is cut off');
    this.#at += count;
  }
}

function broken(reason: string): CecochatError {
  return new CecochatError('request.invalid', `the request is not a protobuf message of this call: ${reason}`, {
    hint: 'compare with protos/cecochat/v1',
  });
}
