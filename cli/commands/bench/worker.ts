/**
 * A client process of the benchmark: does what the parent orders over IPC, ends when the parent goes.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { messageFrom } from '../../../services/core/thrown.ts';
import type { Environment } from '../environment.ts';
import { openConnections, type Connections } from './connection-load.ts';
import { openDialogs, type Dialogs } from './dialog-load.ts';
import { runFloor, startEchoServer } from './floor.ts';
import { isOrder, type Answer, type Order } from './orders.ts';

const progressEveryMs = 250;

export async function runBenchWorker({
  clock,
  random,
  signal,
}: Pick<Environment, 'clock' | 'random' | 'signal'>): Promise<void> {
  if (process.send === undefined) {
    throw new CecochatError('usage.invalid', 'this command is for the benchmark itself: it talks to its parent', {
      hint: 'cecochat bench --help',
    });
  }
  const answer = (value: Answer): void => void process.send?.(value);
  const ended = new AbortController();
  const work = AbortSignal.any([signal, ended.signal]);
  let dialogs: Dialogs | undefined;
  let connections: Connections | undefined;

  const obey = async (order: Order): Promise<void> => {
    switch (order.kind) {
      case 'echo':
        answer({ kind: 'listening', address: await startEchoServer() });
        break;
      case 'floor':
        answer(await runFloor({ address: order.address, streams: order.streams, load: order, clock, signal: work }));
        break;
      case 'kafka-round-trip': {
        const { runRoundTrip } = await import('./external/round-trip.ts');
        answer(await runRoundTrip({ place: order.place, streams: order.streams, load: order, clock, signal: work }));
        break;
      }
      case 'kafka-produce': {
        const { runBareProducer } = await import('./external/bare-producer.ts');
        answer(await runBareProducer({ place: order.place, shape: order.shape, load: order, clock, signal: work }));
        break;
      }
      case 'open-dialogs': {
        const { dialogs: plans, textBytes } = order;
        dialogs = await openDialogs({ plans, textBytes, clock, signal: work });
        answer({ kind: 'opened', open: dialogs.open, faults: dialogs.faults });
        break;
      }
      case 'run':
        if (dialogs === undefined) throw new Error('no dialogs are open');
        answer(await dialogs.run(order, work));
        break;
      case 'open-connections': {
        const { connections: plans, connectUrl, textBytes } = order;
        connections = await openConnections({ plans, connectUrl, textBytes, clock, random, signal: work });
        answer({ kind: 'opened', open: connections.open, faults: connections.faults });
        break;
      }
      case 'send': {
        if (connections === undefined) throw new Error('no connections are open');
        const opened = connections;
        opened.send(order.messages, order.intervalMs);
        clock.every(progressEveryMs, () => answer(opened.progress()));
        break;
      }
    }
  };
  const gone = new Promise<void>((resolve) => process.once('disconnect', resolve));
  process.on('message', (value: unknown) => {
    if (!isOrder(value)) return;
    obey(value).catch((error: unknown) => answer({ kind: 'failed', message: messageFrom(error) }));
  });
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([gone, stopped]);
  ended.abort(new CecochatError('interrupted', 'the benchmark ended'));
  // Streams and timers of the load would keep the process alive.
  setImmediate(() => process.kill(process.pid, 'SIGKILL'));
}
