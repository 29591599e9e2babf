/**
 * UUIDs and strings as bytes. The bytes of UUIDs that come again and again (incarnations, clients) are kept.
 */
const kept = new Map<string, Buffer>();
const mostKept = 4096;

export function uuidBytes(uuid: string): Buffer {
  let bytes = kept.get(uuid);
  if (bytes === undefined) {
    bytes = Buffer.alloc(16);
    writeUuid(bytes, 0, uuid);
    if (kept.size >= mostKept) kept.clear();
    kept.set(uuid, bytes);
  }
  return bytes;
}

export function writeUuid(target: Buffer, at: number, uuid: string): void {
  const written = target.write(uuid.replaceAll('-', ''), at, 16, 'hex');
  if (written !== 16) throw new Error(`${JSON.stringify(uuid)} is not a UUID`);
}

export function readUuid(source: Buffer, at: number): string {
  const hex = source.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function cutString(source: Buffer, from: number): string {
  return source.toString('latin1', from);
}
