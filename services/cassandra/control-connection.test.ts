import { EventEmitter } from 'node:events';
import { Client } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { mendControlConnection } from './control-connection.ts';

class FakeConnection extends EventEmitter {
  isOpen = true;
  async closeAsync(): Promise<void> {
    this.isOpen = false;
    this.emit('socketClose');
  }
}

/** As the driver does it: a refresh opens a connection, and forgets the one before. */
function fakeClient() {
  const opened: FakeConnection[] = [];
  const controlConnection = {
    hosts: new Map<string, { shutdown(waitForPending: boolean): Promise<void> }>(),
    async _createConnection(_contactPoint: string) {
      await Promise.resolve();
      const connection = new FakeConnection();
      opened.push(connection);
      return connection;
    },
    async _refresh(hosts?: unknown): Promise<void> {
      await controlConnection._createConnection('127.0.0.1:9042');
      if (hosts === undefined) await controlConnection._refresh([]);
    },
  };
  return { controlConnection, opened };
}

test('losses that are seen twice begin one refresh, and the next loss begins another', async () => {
  const client = fakeClient();
  mendControlConnection(client);
  const { controlConnection, opened } = client;
  await Promise.all([controlConnection._refresh(), controlConnection._refresh()]);
  expect(opened).toHaveLength(2);
  await controlConnection._refresh();
  expect(opened).toHaveLength(4);
});

test('what no pool has is closed in the end, also what is being opened then', async () => {
  const client = fakeClient();
  const close = mendControlConnection(client);
  await client.controlConnection._refresh();
  const last = client.controlConnection._refresh();
  await close();
  await last;
  expect(client.opened.map(({ isOpen }) => isOpen)).toEqual([false, false, false, false]);
});

test('a host that is replaced is closed, one that is set again is not', () => {
  const { controlConnection } = fakeClient();
  mendControlConnection({ controlConnection });
  const closed: string[] = [];
  const host = (name: string) => ({
    async shutdown(): Promise<void> {
      closed.push(name);
    },
  });
  const [first, second] = [host('first'), host('second')];
  controlConnection.hosts.set('a', first);
  controlConnection.hosts.set('a', first);
  controlConnection.hosts.set('b', host('other'));
  expect(closed).toEqual([]);
  controlConnection.hosts.set('a', second);
  expect(closed).toEqual(['first']);
  expect(controlConnection.hosts.get('a')).toBe(second);
});

test('fits the driver that is installed, and says so of one that it does not fit', async () => {
  const client = new Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'datacenter1' });
  const close = mendControlConnection(client);
  await close();
  await client.shutdown();
  expect(() => mendControlConnection({ controlConnection: {} })).toThrow('4.10.0');
});
