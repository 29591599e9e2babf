/**
 * A TCP proxy in front of a broker, to cut connections, to swallow what comes, and to refuse.
 */
import { createServer, connect, type Socket } from 'node:net';

export interface TcpProxy extends AsyncDisposable {
  readonly address: string;
  /** pass: as it is; stall: nothing gets through in either direction; swallow: answers do not; refuse: no connections. */
  mode(mode: ProxyMode): void;
  /** Ends every connection there is. */
  cut(): void;
  /** Bytes that were passed on to the broker. */
  readonly passed: () => number;
}

export type ProxyMode = 'pass' | 'stall' | 'swallow' | 'refuse';

export async function openProxy(to: string): Promise<TcpProxy> {
  const [host, port] = to.split(':');
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let mode: ProxyMode = 'pass';
  let passed = 0;

  const listener = createServer((client) => {
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const server = connect(Number(port), host);
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.on('data', (bytes) => {
      if (mode === 'stall') return;
      passed += bytes.length;
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (mode === 'pass') client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  return {
    address: `127.0.0.1:${address.port}`,
    mode(next) {
      mode = next;
      if (next === 'refuse') cut();
    },
    cut,
    passed: () => passed,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
