/**
 * What a Mark says, as bytes: cecochat.log.v1.Mark, the state of its partition and about 40 bytes for each key.
 */
import { parseMessageId, parseUserId, sendKeyBytes, sendKeyOfBytes } from '../core/ids.ts';
import type { AcceptedKey, Mark, MarkedKeys, PartitionState } from '../core/log/record.ts';
import { WireFault, type WireReader, type WireWriter } from './wire.ts';

const noBytes = Buffer.alloc(0);

/** Into a field that is open. */
export function writeMark(writer: WireWriter, { asOf, state, keys }: Omit<Mark, 'kind' | 'own'>): void {
  writer.number(1, asOf);
  const stateStart = writer.open(2);
  writeState(writer, state);
  writer.close(stateStart);
  if (keys === undefined) return;
  const keysStart = writer.open(3);
  writeMarkedKeys(writer, keys);
  writer.close(keysStart);
}

/** Undefined for a Mark without a state. */
export function readMark(reader: WireReader): Omit<Mark, 'kind' | 'own'> | undefined {
  let asOf = 0;
  let state: PartitionState | undefined;
  let keys: MarkedKeys | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) asOf = reader.number();
    else if (field === 2) state = readState(reader.message());
    else if (field === 3) keys = readMarkedKeys(reader.message());
    else reader.skip();
  }
  return state === undefined ? undefined : { asOf, state, keys };
}

function writeState(writer: WireWriter, state: PartitionState): void {
  writer.string(1, state.incarnation);
  writer.number(2, state.term);
  writer.string(3, state.server);
  writer.number(4, state.sequence);
  writer.int64(5, state.highestId);
  writer.number(6, state.relayed);
  for (const [partition, { incarnation, offset }] of state.accepted) {
    const start = writer.open(7);
    writer.number(1, partition);
    writer.string(2, incarnation);
    writer.number(3, offset);
    writer.close(start);
  }
  for (const [partition, offset] of state.derived) {
    const start = writer.open(8);
    writer.number(1, partition);
    writer.number(2, offset);
    writer.close(start);
  }
}

function readState(reader: WireReader): PartitionState {
  const state = { incarnation: '', term: 0, server: '', sequence: 0, highestId: 0n, relayed: 0 };
  const accepted = new Map<number, { incarnation: string; offset: number }>();
  const derived = new Map<number, number>();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) state.incarnation = reader.string();
    else if (field === 2) state.term = reader.number();
    else if (field === 3) state.server = reader.string();
    else if (field === 4) state.sequence = reader.number();
    else if (field === 5) state.highestId = reader.big();
    else if (field === 6) state.relayed = reader.number();
    else if (field === 7) {
      const { partition, incarnation, offset } = readAccepted(reader.message());
      accepted.set(partition, { incarnation, offset });
    } else if (field === 8) {
      const { partition, offset } = readDerivedEntry(reader.message());
      derived.set(partition, offset);
    } else reader.skip();
  }
  return { ...state, accepted, derived };
}

function readDerivedEntry(reader: WireReader): { partition: number; offset: number } {
  let partition = 0;
  let offset = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) partition = reader.number();
    else if (field === 2) offset = reader.number();
    else reader.skip();
  }
  return { partition, offset };
}

function readAccepted(reader: WireReader): { partition: number; incarnation: string; offset: number } {
  let partition = 0;
  let incarnation = '';
  let offset = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) partition = reader.number();
    else if (field === 2) incarnation = reader.string();
    else if (field === 3) offset = reader.number();
    else reader.skip();
  }
  return { partition, incarnation, offset };
}

function writeMarkedKeys(writer: WireWriter, keys: MarkedKeys): void {
  writer.number(1, keys.from);
  writer.number(2, keys.beforeMs);
  writer.number(3, keys.earlier);
  for (const { key, senderId, messageId, offset } of keys.accepted) {
    const start = writer.open(4);
    writer.bytesField(1, sendKeyBytes(key));
    writer.int64(2, senderId);
    writer.int64(3, messageId);
    writer.number(4, offset);
    writer.close(start);
  }
}

/** Throws WireFault for a key or an id that is none: the whole record is damaged then. */
function readMarkedKeys(reader: WireReader): MarkedKeys {
  let from = 0;
  let beforeMs = 0;
  let earlier = 0;
  const accepted: AcceptedKey[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) from = reader.number();
    else if (field === 2) beforeMs = reader.number();
    else if (field === 3) earlier = reader.number();
    else if (field === 4) accepted.push(readAcceptedKey(reader.message()));
    else reader.skip();
  }
  return { from, beforeMs, earlier, accepted };
}

function readAcceptedKey(reader: WireReader): AcceptedKey {
  let bytes: Uint8Array = noBytes;
  let sender = 0n;
  let id = 0n;
  let offset = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) bytes = reader.bytesField();
    else if (field === 2) sender = reader.big();
    else if (field === 3) id = reader.big();
    else if (field === 4) offset = reader.number();
    else reader.skip();
  }
  const key = sendKeyOfBytes(bytes);
  const senderId = parseUserId(sender);
  const messageId = parseMessageId(id);
  if (key === undefined || senderId === undefined || messageId === undefined) throw new WireFault();
  return { key, senderId, messageId, offset };
}
