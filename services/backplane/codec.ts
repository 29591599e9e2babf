/**
 * Records of the log as bytes: cecochat.log.v1.Record. Whatever the bytes are, decoding gives a record:
 * `unknown` for kinds of a later version and for damage. Decoded byte fields are views of the input.
 */
import { parseClientId, parseMessageId, parseSendKey, parseUserId, type UserId } from '../core/ids.ts';
import type { LogRecord, Own, Source } from '../core/log/record.ts';
import { readMark, writeMark } from './mark-codec.ts';
import { WireFault, WireReader, WireWriter } from './wire.ts';

const kindFields = {
  fence: 10,
  sent: 11,
  confirmed: 12,
  relayed: 13,
  mark: 14,
  received: 15,
  receipt: 16,
  behind: 17,
  tip: 18,
} as const;

const unknown: LogRecord = { kind: 'unknown' };
const nothing = Buffer.alloc(0);
const writer = new WireWriter();

/** A record of kind `unknown` has no bytes of its own: it comes out empty, and decodes as unknown again. */
export function encodeRecord(record: LogRecord): Uint8Array {
  if (record.kind === 'unknown') return new Uint8Array(0);
  if ('own' in record) {
    writer.number(1, record.own.term);
    writer.string(2, record.own.server);
    writer.number(3, record.own.sequence);
  }
  if ('source' in record) writeSource(record.source);
  const start = writer.open(kindFields[record.kind]);
  writeKind(record);
  writer.close(start);
  return writer.take();
}

export function decodeRecord(bytes: Uint8Array): LogRecord {
  try {
    return readRecord(new WireReader(bytes));
  } catch (error) {
    if (error instanceof WireFault) return unknown;
    throw error;
  }
}

function writeSource(source: Source): void {
  const start = writer.open(4);
  writer.number(1, source.partition);
  writer.string(2, source.incarnation);
  writer.number(3, source.offset);
  writer.number(4, source.prev);
  writer.bool(5, source.first);
  writer.close(start);
}

function writeKind(record: Exclude<LogRecord, { kind: 'unknown' }>): void {
  switch (record.kind) {
    case 'fence':
      writer.string(1, record.incarnation);
      return;
    case 'sent':
      writer.int64(1, record.messageId);
      writer.int64(2, record.senderId);
      writer.string(3, record.key);
      writer.string(4, record.clientId);
      writer.int64s(5, record.owners);
      writer.int64s(6, record.receivers);
      writer.bytesField(7, record.message);
      return;
    case 'confirmed':
      writer.int64s(1, record.owners);
      writer.int64s(2, record.receivers);
      writer.bytesField(3, record.receipt);
      return;
    case 'relayed':
      writer.number(1, record.offset);
      return;
    case 'mark':
      writeMark(writer, record);
      return;
    case 'received':
      writer.int64(1, record.messageId);
      writer.int64s(2, record.owners);
      writer.bytesField(3, record.message);
      return;
    case 'receipt':
      writer.int64s(1, record.owners);
      writer.bytesField(2, record.receipt);
      return;
    case 'behind':
      writer.number(1, record.target);
      writer.number(2, record.after);
      return;
    case 'tip':
      return;
  }
}

function readRecord(reader: WireReader): LogRecord {
  let term = 0;
  let server = '';
  let sequence = 0;
  let source: Source | undefined;
  let kind = 0;
  let body: WireReader | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) term = reader.number();
    else if (field === 2) server = reader.string();
    else if (field === 3) sequence = reader.number();
    else if (field === 4) source = readSource(reader.message());
    else if (field >= kindFields.fence && field <= kindFields.tip) {
      kind = field;
      body = reader.message();
    } else reader.skip();
  }
  if (body === undefined) return unknown;
  if (kind === kindFields.behind) return readBehind(body);
  if (source !== undefined) return readDerived({ kind, source, body });
  return readOwn({ kind, own: { term, server, sequence }, body });
}

function readSource(reader: WireReader): Source {
  let partition = 0;
  let incarnation = '';
  let offset = 0;
  let prev = 0;
  let first = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) partition = reader.number();
    else if (field === 2) incarnation = reader.string();
    else if (field === 3) offset = reader.number();
    else if (field === 4) prev = reader.number();
    else if (field === 5) first = reader.bool();
    else reader.skip();
  }
  return { partition, incarnation, offset, prev, first };
}

function readOwn({ kind, own, body }: { kind: number; own: Own; body: WireReader }): LogRecord {
  switch (kind) {
    case kindFields.fence: {
      let incarnation = '';
      for (let field = body.next(); field !== 0; field = body.next()) {
        if (field === 1) incarnation = body.string();
        else body.skip();
      }
      return { kind: 'fence', own, incarnation };
    }
    case kindFields.sent:
      return readSent(own, body);
    case kindFields.confirmed: {
      const owners: bigint[] = [];
      const receivers: bigint[] = [];
      let receipt: Uint8Array = nothing;
      for (let field = body.next(); field !== 0; field = body.next()) {
        if (field === 1) body.int64s(owners);
        else if (field === 2) body.int64s(receivers);
        else if (field === 3) receipt = body.bytesField();
        else body.skip();
      }
      return { kind: 'confirmed', own, owners: users(owners), receivers: users(receivers), receipt };
    }
    case kindFields.relayed: {
      let offset = 0;
      for (let field = body.next(); field !== 0; field = body.next()) {
        if (field === 1) offset = body.number();
        else body.skip();
      }
      return { kind: 'relayed', own, offset };
    }
    case kindFields.mark: {
      const mark = readMark(body);
      return mark === undefined ? unknown : { kind: 'mark', own, ...mark };
    }
    default:
      return unknown;
  }
}

function readSent(own: Own, body: WireReader): LogRecord {
  let id = 0n;
  let sender = 0n;
  let keyText = '';
  let client = '';
  const owners: bigint[] = [];
  const receivers: bigint[] = [];
  let message: Uint8Array = nothing;
  for (let field = body.next(); field !== 0; field = body.next()) {
    if (field === 1) id = body.big();
    else if (field === 2) sender = body.big();
    else if (field === 3) keyText = body.string();
    else if (field === 4) client = body.string();
    else if (field === 5) body.int64s(owners);
    else if (field === 6) body.int64s(receivers);
    else if (field === 7) message = body.bytesField();
    else body.skip();
  }
  const messageId = parseMessageId(id);
  const senderId = parseUserId(sender);
  const key = parseSendKey(keyText);
  const clientId = parseClientId(client);
  if (messageId === undefined || senderId === undefined || key === undefined || clientId === undefined) return unknown;
  return {
    kind: 'sent',
    own,
    messageId,
    senderId,
    key,
    clientId,
    owners: users(owners),
    receivers: users(receivers),
    message,
  };
}

function readDerived({ kind, source, body }: { kind: number; source: Source; body: WireReader }): LogRecord {
  if (kind === kindFields.tip) return { kind: 'tip', source };
  if (kind !== kindFields.received && kind !== kindFields.receipt) return unknown;
  let id = 0n;
  const owners: bigint[] = [];
  let bytes: Uint8Array = nothing;
  const [idField, ownersField, bytesField] = kind === kindFields.received ? [1, 2, 3] : [-1, 1, 2];
  for (let field = body.next(); field !== 0; field = body.next()) {
    if (field === idField) id = body.big();
    else if (field === ownersField) body.int64s(owners);
    else if (field === bytesField) bytes = body.bytesField();
    else body.skip();
  }
  if (kind === kindFields.receipt) return { kind: 'receipt', source, owners: users(owners), receipt: bytes };
  const messageId = parseMessageId(id);
  return messageId === undefined
    ? unknown
    : { kind: 'received', source, messageId, owners: users(owners), message: bytes };
}

function readBehind(body: WireReader): LogRecord {
  let target = 0;
  let after = 0;
  for (let field = body.next(); field !== 0; field = body.next()) {
    if (field === 1) target = body.number();
    else if (field === 2) after = body.number();
    else body.skip();
  }
  return { kind: 'behind', target, after };
}

/** A user id that is none makes the whole record damaged. */
function users(ids: readonly bigint[]): readonly UserId[] {
  return ids.map((id) => {
    const user = parseUserId(id);
    if (user === undefined) throw new WireFault();
    return user;
  });
}
