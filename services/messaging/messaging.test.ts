/**
 * The work of messaging servers over embedded engines, without a transport: what clients send and get.
 */
import { describe, expect, test } from 'vitest';
import { SendMessageResponse } from '../../protos/gen/cecochat/v1/chat.ts';
import { partitionOf } from '../core/partitioning.ts';
import { alice, bob, Client, open, openRig, partitionCount, say, send, session } from './messaging.fixture.ts';

describe('messaging', () => {
  test('a send is acknowledged to its client and shown to the receiver and to the second device', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    const sender = await open(server, session(bob));
    const second = await open(server, session(bob, 2));
    const receiver = await open(server, session(alice));
    say(sender, send(alice, 'hello'));
    await sender.until(({ events }) => events.length === 1);
    await second.until(({ events }) => events.length === 1);
    await receiver.until(({ events }) => events.length === 1);
    expect([sender.texts, second.texts, receiver.texts]).toEqual([['ack'], ['hello'], ['hello']]);
  });

  test('a unary send answers with the message id, and a retry with the same key gets the same one', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    const request = send(alice, 'once');
    const first = SendMessageResponse.decode(await server.chat.sendMessage(request, session(bob)));
    const again = SendMessageResponse.decode(await server.chat.sendMessage(request, session(bob)));
    expect(first.chatId).toBe('1-2');
    expect(again.messageId).toBe(first.messageId);
    const listener = new Client('listen');
    const device = session(bob);
    await server.chat.listen(Buffer.alloc(0), device, listener);
    await server.chat.sendMessage(send(alice, 'next'), device);
    await listener.until(({ events }) => events.length === 1);
    expect(listener.texts).toEqual(['next']);
  });

  test.each([
    ['from memory', 1_000_000],
    ['from the log', 1_024],
  ])('a client that resumes gets everything after its cursor, in order: %s', async (_, tailBytes) => {
    await using rig = await openRig();
    const server = await rig.start('s1', { tailBytes });
    const first = await open(server, session(alice));
    const sender = await open(server, session(bob));
    say(sender, send(alice, '0'));
    await first.until(({ events }) => events.length === 1);
    const { cursor } = first;
    first.stream?.stream.gone();
    const texts = Array.from({ length: 700 }, (_value, index) => `${index + 1}`);
    for (const text of texts) say(sender, send(alice, text));
    await sender.until(({ events }) => events.length === 701);
    const resumed = await open(server, session(alice), cursor);
    await resumed.until(({ events }) => events.length >= 700);
    say(sender, send(alice, 'live'));
    await resumed.until(({ events }) => events.length >= 701);
    expect(resumed.texts).toEqual([...texts, 'live']);
  });

  test('a client that stops reading ends with slow.consumer, and the others go on', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    const stuck = await open(server, session(alice));
    const other = await open(server, session(alice, 2));
    const sender = await open(server, session(bob));
    stuck.stopped = true;
    say(sender, send(alice, 'first'));
    await other.until(({ events }) => events.length === 1);
    server.pass(1_000);
    for (let index = 0; index < 300; index += 1) say(sender, send(alice, `${index}`));
    await stuck.until(({ ended }) => ended !== undefined);
    await other.until(({ events }) => events.length === 301);
    expect(stuck.ended?.error?.code).toBe('slow.consumer');
    expect(other.ended).toBeUndefined();
  });

  test('a server has to do with the logs of its own partitions only, however many there are', async () => {
    await using rig = await openRig({ partitions: 10_000 });
    const [from, to] = [bob, alice].map((user) => partitionOf(user, 10_000));
    await rig.assign({ s1: `${from},${to}`, s2: '9999' });
    const touched = new Set<number>();
    const server = await rig.start('s1', { touched: (partition) => void touched.add(partition) });
    const receiver = await open(server, session(alice));
    const sender = await open(server, session(bob));
    say(sender, send(alice, 'hello'));
    await receiver.until(({ events }) => events.length === 1);
    expect(touched).toEqual(new Set([from, to]));
  });

  test('a moved partition ends its streams with refresh, and the client goes on at the new server', async () => {
    await using rig = await openRig();
    const [one, two] = [await rig.start('s1'), await rig.start('s2')];
    const receiver = await open(one, session(alice));
    const sender = await open(one, session(bob));
    say(sender, send(alice, 'before'));
    await receiver.until(({ events }) => events.length === 1);
    const moved = partitionOf(alice, partitionCount);
    const rest = Array.from({ length: partitionCount }, (_, index) => index).filter((index) => index !== moved);
    await rig.assign({ s1: rest.join(','), s2: String(moved) });
    await receiver.until(({ ended }) => ended !== undefined);
    expect(receiver.ended?.error?.code).toBe('refresh');
    await expect(open(one, session(alice))).rejects.toMatchObject({ code: 'partition.not_owned' });
    const resumed = await open(two, session(alice), receiver.cursor);
    say(sender, send(alice, 'after'));
    await resumed.until(({ events }) => events.length === 1);
    expect(resumed.texts).toEqual(['after']);
  });

  test('a partition whose log does not answer keeps no other one from moving', async () => {
    await using rig = await openRig();
    const [stuck, moved] = [partitionOf(bob, partitionCount), partitionOf(alice, partitionCount)];
    expect(stuck).not.toBe(moved);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const one = await rig.start('s1', { beforeBounds: (partition) => (partition === stuck ? answered : undefined) });
    rig.scope.defer(() => answer());
    const receiver = await open(one, session(alice));
    const rest = Array.from({ length: partitionCount }, (_, index) => index).filter((index) => index !== moved);
    await rig.assign({ s1: rest.join(','), s2: String(moved) });
    await receiver.until(({ ended }) => ended !== undefined);
    expect(receiver.ended?.error?.code).toBe('refresh');
    await open(await rig.start('s2'), session(alice), receiver.cursor);
    const early = one.chat.open(Buffer.alloc(0), session(bob), new Client());
    await expect(early).rejects.toMatchObject({ code: 'server.not_ready' });
    answer();
    await open(one, session(bob));
  });

  test('a cursor that was never given out is refused', async () => {
    await using rig = await openRig();
    const server = await rig.start('s1');
    await expect(open(server, session(bob), Buffer.from('garbage'))).rejects.toMatchObject({ code: 'cursor.invalid' });
    const client = await open(server, session(bob));
    const beyond = Buffer.from(client.cursor);
    beyond.writeUIntBE(1_000_000, 17, 6);
    await expect(open(server, session(bob), beyond)).rejects.toMatchObject({ code: 'cursor.invalid' });
    const other = Buffer.from(client.cursor);
    other[3] = (other[3] ?? 0) ^ 1;
    await expect(open(server, session(bob), other)).rejects.toMatchObject({ code: 'feed.expired' });
  });
});
