/**
 * Asks an address whether a Docker engine answers there, without loading the Docker client.
 */
import { get as httpGet, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as httpsGet } from 'node:https';
import { endpointOf, type EngineAddress } from './engine-address.ts';

export type Pong =
  | { readonly answers: true; /** "1.41" */ readonly apiVersion: string }
  | { readonly answers: false; /** In words. */ readonly reason: string };

const answerLimitMs = 2000;

/** Never rejects. */
export function pingEngine(address: EngineAddress, signal: AbortSignal): Promise<Pong> {
  const endpoint = endpointOf(address);
  if (endpoint === undefined) return Promise.resolve({ answers: false, reason: 'it is no address of a Docker engine' });
  if (endpoint.kind === 'ssh') {
    const reason = 'engines over ssh are not supported: containers would listen on the other machine';
    return Promise.resolve({ answers: false, reason });
  }
  const { tls } = address;
  const common: RequestOptions = { path: '/_ping', agent: false, timeout: answerLimitMs, signal };
  return new Promise((resolve) => {
    const onResponse = (response: IncomingMessage): void => {
      response.resume();
      const version = response.headers['api-version'];
      resolve(
        response.statusCode === 200
          ? { answers: true, apiVersion: typeof version === 'string' ? version : '' }
          : { answers: false, reason: `it answers ${response.statusCode}` },
      );
    };
    const request =
      endpoint.kind === 'socket'
        ? httpGet({ ...common, socketPath: endpoint.socketPath }, onResponse)
        : tls === undefined
          ? httpGet({ ...common, host: endpoint.host, port: endpoint.port }, onResponse)
          : httpsGet(
              { ...common, ...pem(tls), host: endpoint.host, port: endpoint.port, rejectUnauthorized: tls.verify },
              onResponse,
            );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${answerLimitMs} ms`)));
    request.on('error', (error) => resolve({ answers: false, reason: reasonOf(error) }));
    request.on('close', () => resolve({ answers: false, reason: 'it hung up' }));
  });
}

function pem({ ca, cert, key }: { ca: string | undefined; cert: string | undefined; key: string | undefined }) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function reasonOf(error: Error): string {
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such socket';
    case 'ECONNREFUSED':
      return 'nobody listens there';
    case 'EACCES':
      return 'you may not open this socket: your user is not in the group that may';
    default:
      return error.message;
  }
}
