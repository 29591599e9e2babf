/**
 * The opaque cursor of clients: version byte 1, 16 bytes of incarnation (UUID), 6 bytes of offset, big-endian.
 * A cursor stands for the last record that its holder has; offset -1 (before the first) travels as 2^48 - 1.
 */
import type { Position } from './record.ts';

const size = 23;
const beforeFirst = 2 ** 48 - 1;

export function encodeCursor(position: Position): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = 1;
  bytes.write(position.incarnation.replaceAll('-', ''), 1, 16, 'hex');
  bytes.writeUIntBE(position.offset < 0 ? beforeFirst : position.offset, 17, 6);
  return bytes;
}

/** Undefined for anything that encodeCursor does not make. */
export function decodeCursor(bytes: Uint8Array): Position | undefined {
  if (bytes.length !== size || bytes[0] !== 1) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hex = view.toString('hex', 1, 17);
  const offset = view.readUIntBE(17, 6);
  const incarnation = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { incarnation, offset: offset === beforeFirst ? -1 : offset };
}
