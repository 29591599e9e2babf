/**
 * One connection to one broker, opened when it is first needed and again after it was lost. A broker answers
 * the requests of a connection one after the other, so each kind of work has a lane of its own. A request that
 * is late costs the connection: its answer may never come.
 */
import type { Socket } from 'node:net';
import Connection from 'kafkajs/src/network/connection.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import protocol, { type Apis, type WireRequest } from 'kafkajs/src/protocol/requests/index.js';
import type { WireSecurity } from './kafka-options.ts';

export interface LaneOptions extends WireSecurity {
  /** Asked for at each connect; throws while the broker is not known. */
  readonly address: () => { readonly host: string; readonly port: number };
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export interface Lane {
  /** Resolves when requests can be sent. A rejection says that nothing was. */
  connect(): Promise<void>;
  /** Connects first if need be. The answer is not looked at for errors. */
  request<A extends keyof Apis>(api: A, args: Apis[A]['args']): Promise<Apis[A]['answer']>;
  /** The same with a decoder of the caller's, of that version of the answer. */
  requestAs<A extends keyof Apis, T extends object>(api: A, args: Apis[A]['args'], as: DecodeAs<T>): Promise<T>;
  /** Ends the connection; what is on its way is rejected. The next request connects anew. */
  drop(why: string): void;
}

export interface DecodeAs<T> {
  readonly version: number;
  readonly decode: (payload: Buffer) => T;
}

interface Open {
  readonly connection: Connection;
  readonly socket: () => Socket | undefined;
  readonly versions: Promise<ReadonlyMap<number, number>>;
  state: 'opening' | 'open' | 'ended';
}

const nothing = (): void => undefined;
const silent = { namespace: () => silent, debug: nothing, info: nothing, warn: nothing, error: nothing };
const socketFactory = createSocketFactory();

export function createLane(options: LaneOptions): Lane {
  let open: Open | undefined;

  const connectNow = (): Open => {
    let socket: Socket | undefined;
    const connection = new Connection({
      ...options.address(),
      ssl: options.ssl,
      // The driver keeps its authenticator in there.
      sasl: options.sasl === null ? null : { ...options.sasl },
      clientId: options.clientId,
      connectionTimeout: options.connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      logger: silent,
      socketFactory: (of) => {
        socket = socketFactory(of);
        socket.setNoDelay(true);
        return socket;
      },
    });
    const mine: Open = { connection, socket: () => socket, versions: handshake(connection), state: 'opening' };
    mine.versions.then(
      () => {
        if (mine.state === 'opening') mine.state = 'open';
      },
      () => end(mine, 'the handshake failed'),
    );
    return mine;
  };

  const opened = (): Open => {
    if (open?.state === 'opening' || (open?.state === 'open' && open.connection.isConnected())) return open;
    open = connectNow();
    return open;
  };

  const end = (of: Open, why: string): void => {
    of.state = 'ended';
    of.socket()?.destroy(new Error(why));
    // Ends the driver's timers; what waits for an answer was rejected by the socket's error.
    of.connection.disconnect().catch(nothing);
  };

  const send = async <T>(of: Open, request: WireRequest<T>): Promise<T> => {
    try {
      return await of.connection.send(request);
    } catch (error) {
      if (isLate(error)) end(of, 'an answer is late');
      throw error;
    }
  };

  return {
    async connect() {
      await opened().versions;
    },
    async request(api, args) {
      const of = opened();
      const definition = protocol.requests[api];
      const supported = await of.versions;
      const most = Math.max(...definition.versions.map(Number));
      const make = (version: number): WireRequest<Apis[typeof api]['answer']> => definition.protocol({ version })(args);
      const latest = make(most);
      const version = Math.min(most, supported.get(latest.request.apiKey) ?? most);
      return send(of, unparsed(version === most ? latest : make(version)));
    },
    async requestAs(api, args, { version, decode }) {
      const of = opened();
      await of.versions;
      const { request, requestTimeout } = protocol.requests[api].protocol({ version })(args);
      const response = {
        decode: async (payload: Buffer) => decode(payload),
        parse: async (as: ReturnType<typeof decode>) => as,
      };
      return send(of, { request, response, requestTimeout: requestTimeout ?? null });
    },
    drop(why) {
      const of = open;
      open = undefined;
      if (of !== undefined) end(of, why);
    },
  };
}

async function handshake(connection: Connection): Promise<ReadonlyMap<number, number>> {
  await connection.connect();
  const { apiVersions } = await connection.send(protocol.requests.ApiVersions.protocol({ version: 2 })(undefined));
  const versions = new Map(apiVersions.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]));
  connection.setVersions(Object.fromEntries(apiVersions.map((api) => [api.apiKey, api])));
  connection.setSupportAuthenticationProtocol(true);
  await connection.authenticate();
  return versions;
}

/** The driver throws at the first error of many partitions, and forgets what the others answered. */
function unparsed<T>(of: WireRequest<T>): WireRequest<T> {
  return { ...of, response: { decode: of.response.decode, parse: async (decoded) => decoded } };
}

function isLate(error: unknown): boolean {
  return error instanceof Error && error.name === 'KafkaJSRequestTimeoutError';
}
