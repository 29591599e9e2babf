/**
 * One partition under this server, from take-over to its end: following the log, fence, owned, release.
 * Accepts sends only behind its own valid fence; shows and relays only what is read back and clean.
 */
import type { LogEntry } from '../../core/log/fold.ts';
import type { AcceptedKey, Confirmed, Fence, OwnRecord, Position, Sent } from '../../core/log/record.ts';
import { makeSendKey } from '../../core/ids.ts';
import type { TakeOverStart } from '../../core/log/take-over.ts';
import type { ConfirmCommand, FeedEntry, Reread, SendCommand } from '../owner.ts';
import { createConfirmations } from './confirmations.ts';
import { derivationsOf, splitByPlace } from './derive.ts';
import { createGaps } from './gaps.ts';
import { createGate, type GateItem } from './gate.ts';
import { createKnownKeys } from './known-keys.ts';
import { createMarkedKeys } from './marked-keys.ts';
import { createMarks } from './marks.ts';
import { createRelay } from './relay.ts';
import { accepted, decideSend, notOwned } from './sends.ts';
import type { Shared } from './shared.ts';

export interface PartitionOwner {
  granted(term: number): void;
  records(entries: readonly LogEntry[]): void;
  /** An append of the partition was answered. */
  settle(): void;
  rederive(reread: Reread): void;
  release(): void;
  end(why: string): void;
  send(command: SendCommand): void;
  confirm(command: ConfirmCommand): void;
  tick(): void;
}

type Phase = 'following' | 'asking' | 'fencing' | 'owned' | 'releasing' | 'ended';

const mostWaiting = 8192;
const mostWaitingBytes = 16 * 1_048_576;
const mostOutstanding = 50_000;
const longestReleaseMs = 5000;

export function createPartitionOwner(shared: Shared, partition: number, start: TakeOverStart): PartitionOwner {
  const { ports, clock, server, partitionCount } = shared;
  const place = { partition, partitionCount };
  const log = shared.createFold(start.state, place);
  const appender = shared.appender(partition);
  const keys = createKnownKeys(start.keysSinceMs, shared.keySeed);
  const markedKeys = createMarkedKeys(start, shared.markSizes);
  const relay = createRelay(shared, place, () => log.state.incarnation);
  const gate = createGate();
  const gaps = createGaps();
  const marks = createMarks(shared.random);
  const confirmations = createConfirmations();
  let phase: Phase = 'following';
  let next = start.from;
  let term = 0;
  let sequence = 0;
  let fencedAt = -1;
  let markAsOf = start.from;
  let protectedFrom = -1;
  /** Offset of the last valid Mark of this owner. */
  let markedAt = -1;
  let releasedAtMs = 0;
  shared.noteId(log.state.highestId);
  for (const accepted of start.keys) keys.add(accepted);
  // Whether the last records for a target arrived is not known for sure: its predecessor may not have sent Tips.
  for (const [target, offset] of log.state.derived) if (offset >= start.usedFrom) relay.used(target);

  function ask(): void {
    phase = 'asking';
    ports.requestTerm(partition, log.state.term);
  }

  function fence(): void {
    phase = 'fencing';
    const incarnation = log.state.incarnation || makeSendKey(clock.nowMs(), shared.random.bytes(10));
    const record: Fence = { kind: 'fence', own: { term, server, sequence: 0 }, incarnation };
    appender.own({ record, settled: nothing, dropped: nothing });
  }

  function own(): { term: number; server: string; sequence: number } {
    sequence += 1;
    return { term, server, sequence };
  }

  function end(why: string): void {
    if (phase === 'ended') return;
    settle();
    phase = 'ended';
    appender.dropOwn();
    for (const other of shared.appenders()) other.dropShared(partition);
    ports.ended(partition, why);
  }

  function read({ offset, record }: LogEntry): void {
    const relays = record.kind === 'sent' || record.kind === 'confirmed';
    const derivations = relays ? derivationsOf(record, log.state, place) : [];
    const verdict = log.apply({ offset, record });
    if (verdict === 'ahead' && 'source' in record) {
      const upTo = record.kind === 'tip' ? record.source.prev : record.source.offset;
      gaps.note({ source: record.source, upTo, start: () => ({ from: offset, state: log.snapshot() }) });
    }
    if (record.kind === 'fence') readFence(record, offset, verdict === 'valid');
    if (verdict !== 'valid') return;
    if (fencedAt < 0) for (const { target } of derivations) relay.used(target);
    const mine = 'own' in record && record.own.term === term && record.own.server === server;
    const entry = mine ? appender.readBack(record.own.sequence) : undefined;
    switch (record.kind) {
      case 'sent':
        shared.noteId(record.messageId);
        noteKey({ key: record.key, senderId: record.senderId, messageId: record.messageId, offset }, mine);
        gate.add({ offset, record, own: entry, derivations, sequence: mine ? record.own.sequence : 0 });
        return;
      case 'confirmed':
        gate.add({ offset, record, own: entry, derivations, sequence: mine ? record.own.sequence : 0 });
        return;
      case 'received':
        shared.noteId(record.messageId);
        gate.add({ offset, record, own: undefined, derivations, sequence: -1 });
        return;
      case 'receipt':
        gate.add({ offset, record, own: undefined, derivations, sequence: -1 });
        return;
      case 'relayed':
        if (fencedAt < 0) gate.forget(log.state.relayed);
        entry?.settled(offset);
        return;
      case 'mark':
        markAsOf = record.asOf;
        if (mine) markedAt = offset;
        markedKeys.marked(offset, record);
        entry?.settled(offset);
        return;
      case 'behind':
        relay.behind(record.target, record.after);
        return;
      case 'fence':
      case 'tip':
      case 'unknown':
        return;
    }
  }

  /** Of a send of its own, the known keys learn when it is settled. */
  function noteKey(accepted: AcceptedKey, mine: boolean): void {
    markedKeys.add(accepted);
    if (!mine) keys.add(accepted);
  }

  function readFence({ own: { term: other, server: by } }: Fence, offset: number, valid: boolean): void {
    const mine = other === term && by === server;
    if (valid && mine && phase === 'fencing') fencedAt = offset;
    else if (valid && !mine && other > term && phase !== 'following' && phase !== 'asking')
      end(`server ${by} took partition ${partition} over under term ${other}`);
    else if (!valid && mine && phase === 'fencing' && fencedAt < 0)
      end(`another server's fence in partition ${partition} has a term above ${term}`);
  }

  function settle(): void {
    if (phase === 'ended' || fencedAt < 0) return;
    const clean = appender.cleanUpTo();
    // Others may have appended behind a fence that is not durable yet: nothing is shown before it is.
    if (clean < 0) return;
    if (phase === 'fencing') {
      phase = 'owned';
      ports.owned(partition, { incarnation: log.state.incarnation, offset: fencedAt });
    }
    const entries: FeedEntry[] = [];
    for (const item of gate.open(clean)) show(item, entries);
    if (entries.length > 0) {
      marks.activity();
      ports.feed(partition, log.state.incarnation, entries);
    }
  }

  function show({ offset, record, own: entry, derivations }: GateItem, entries: FeedEntry[]): void {
    if (offset > fencedAt) entries.push({ offset, record });
    if (derivations.length > 0 && (record.kind === 'sent' || record.kind === 'confirmed')) {
      if (offset >= log.state.relayed || offset > fencedAt) relay.start({ offset, record, derivations });
      marks.relaying();
    }
    entry?.settled(offset);
  }

  function frontier(): number {
    return gate.head() ?? next;
  }

  function write(kind: 'relayed' | 'mark'): void {
    const settled = (): void => marks.written(kind, clock.monotonicMs());
    appender.own({ record: recordOf(kind), settled, dropped: nothing });
  }

  function recordOf(kind: 'relayed' | 'mark'): OwnRecord {
    const { from, state } = gaps.start() ?? { from: next, state: log.snapshot() };
    return kind === 'relayed'
      ? { kind, own: own(), offset: relay.position(frontier()) }
      : { kind, own: own(), asOf: from, state, keys: markedKeys.upTo(from, clock.nowMs()) };
  }

  function position(offset: number): Position {
    return { incarnation: log.state.incarnation, offset };
  }

  function accept(command: SendCommand, messageId: Sent['messageId']): void {
    const { senderId, key, clientId } = command;
    const { owners, receivers } = splitByPlace(senderId, command.receivers, place);
    const message = command.encode(messageId);
    const pending = keys.begin({ key, senderId, messageId });
    shared.noteId(messageId);
    appender.own({
      record: { kind: 'sent', own: own(), messageId, senderId, key, clientId, owners, receivers, message },
      settled(offset) {
        pending.settle(offset);
        command.done(accepted(messageId, position(offset), false));
        for (const done of pending.retries()) done(accepted(messageId, position(offset), true));
      },
      dropped() {
        command.done(notOwned(partition, server));
        for (const done of pending.retries()) done(notOwned(partition, server));
      },
    });
  }

  function confirmDue(): void {
    for (const command of confirmations.due(clock.monotonicMs())) {
      const { owners, receivers } = splitByPlace(command.readerId, [command.senderId], place);
      const record: Confirmed = {
        kind: 'confirmed',
        own: own(),
        owners,
        receivers,
        receipt: shared.encodeReceipt(command),
      };
      appender.own({ record, settled: nothing, dropped: nothing });
    }
  }

  function full(): boolean {
    const { records, bytes } = appender.waiting();
    return records >= mostWaiting || bytes >= mostWaitingBytes || relay.outstanding() >= mostOutstanding;
  }

  /** The log ends with this owner's Mark, and its Relayed covers everything: another Mark would say the same. */
  function isMarked(): boolean {
    const { derived, relayed } = log.state;
    return markedAt === next - 1 && [...derived.values()].every((offset) => offset < relayed);
  }

  /** True when it ended. */
  function finishRelease(): boolean {
    const { records } = appender.waiting();
    const late = clock.monotonicMs() - releasedAtMs > longestReleaseMs;
    const isIdle = records === 0 && gate.head() === undefined && relay.outstanding() === 0;
    const done = (records === 0 && marks.finished()) || (isIdle && isMarked());
    if (done || late) end(done ? 'released' : 'released, with appends unfinished');
    else if (isIdle) marks.finish();
    return done || late;
  }

  return {
    settle,
    end,
    granted(granted) {
      if (phase !== 'asking') return;
      term = granted;
      if (term <= log.state.term) ask();
      else fence();
    },
    records(entries) {
      for (const entry of entries) {
        if (entry.offset < next || phase === 'ended') continue;
        read(entry);
        next = entry.offset + 1;
      }
      if (phase === 'following' && next >= start.end) ask();
      settle();
    },
    rederive(reread) {
      if (phase === 'owned') relay.rederive(reread, frontier());
    },
    release() {
      if (phase === 'owned') {
        phase = 'releasing';
        releasedAtMs = clock.monotonicMs();
      } else if (phase !== 'releasing') end('released before it was owned');
    },
    send(command) {
      if (phase !== 'owned') {
        command.done(notOwned(partition, server));
        return;
      }
      const nextId = (): Sent['messageId'] | undefined => shared.ids.next(shared.highestId());
      const decision = decideSend(command, { keys, nowMs: clock.nowMs(), full: full(), nextId });
      if (decision.kind === 'new') accept(command, decision.messageId);
      else if (decision.kind === 'refused') {
        const { code, detail } = decision;
        const at = decision.expired ? { position: position(next - 1) } : {};
        command.done({ kind: 'refused', code, detail, ...at });
      } else if (decision.first.offset < 0) keys.wait(decision.first.messageId, command.done);
      else command.done(accepted(decision.first.messageId, position(decision.first.offset), true));
    },
    confirm(command) {
      if (phase !== 'owned') return;
      confirmations.note(command, log.state.highestId);
      confirmDue();
    },
    tick() {
      if (phase === 'following' && next >= start.end) ask();
      if (phase !== 'owned' && phase !== 'releasing') return;
      const nowMs = clock.monotonicMs();
      if (phase === 'owned') confirmDue();
      relay.tick(log.state);
      for (const { source, after } of gaps.due(log.state, nowMs))
        shared
          .appender(source)
          .shared({ record: { kind: 'behind', target: partition, after }, origin: partition, answered: nothing });
      if (phase === 'releasing' && finishRelease()) return;
      if (relay.outstanding() > 0) marks.relaying();
      const relayedBehind = relay.position(frontier()) > log.state.relayed;
      const due = marks.due({ nowMs, relayedBehind, isLong: markedKeys.isDue(next, log.state) });
      if (due !== undefined) write(due);
      const needed = Math.min(log.state.relayed, markAsOf, gaps.start()?.from ?? Number.POSITIVE_INFINITY);
      if (needed > protectedFrom) {
        protectedFrom = needed;
        ports.protect(partition, needed);
      }
    },
  };
}

function nothing(): void {}
