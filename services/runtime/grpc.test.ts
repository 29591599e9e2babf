import { randomBytes } from 'node:crypto';
import { Client, Metadata, Server, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { SendService, SendClient, ListenService, ListenClient } from '../../protos/gen/cecochat/v1/chat.ts';
import type {
  SendMessageRequest,
  SendMessageResponse,
  ListenRequest,
  ListenResponse,
} from '../../protos/gen/cecochat/v1/chat.ts';
import { ErrorInfo } from '../../protos/gen/google/rpc/error_details.ts';
import { Status } from '../../protos/gen/google/rpc/status.ts';
import { HealthClient, HealthCheckResponse_ServingStatus } from '../../protos/gen/grpc/health/v1/health.ts';
import {
  ServerReflectionClient,
  type ServerReflectionResponse,
} from '../../protos/gen/grpc/reflection/v1/reflection.ts';
import { CecochatError, errorCodes } from '../core/errors.ts';
import { parseClientId, parseUserId } from '../core/ids.ts';
import { systemClock } from '../core/time/clock.ts';
import type { Authenticator, Session } from './auth.ts';
import { createGrpcHandlers } from './grpc-handlers.ts';
import { expectedError, toGrpcFault } from './grpc-status.ts';
import { createGrpcHost } from './grpc.ts';
import { createPinoLog } from './pino-log.ts';

const log = createPinoLog({ level: 'silent' });
const insecure = credentials.createInsecure();

const userId = parseUserId('1');
const clientId = parseClientId('00000000-0000-0000-0000-000000000001');
if (userId === undefined || clientId === undefined) throw new Error('unreachable');
const session: Session = { userId, clientId, name: 'bob', expiresAtMs: 0, limits: undefined };
/** Knows one token. */
const auth: Authenticator = {
  verify: async () => session,
  async authenticate(authorization) {
    if (authorization === 'Bearer good') return session;
    throw new CecochatError('unauthenticated', 'no token');
  },
  notReady: () => [],
  [Symbol.asyncDispose]: async () => undefined,
};

async function openHost(answer: () => Promise<SendMessageResponse>, drainMs = 50) {
  const handlers = createGrpcHandlers({ auth, log });
  return createGrpcHost({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log,
    drainMs,
    services: [
      {
        definition: SendService,
        handlers: { sendMessage: handlers.unary<SendMessageRequest, SendMessageResponse>(answer) },
      },
      {
        definition: ListenService,
        handlers: {
          listen: handlers.serverStream<ListenRequest, ListenResponse>(
            (_request, _out, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
          ),
        },
      },
    ],
  });
}

function closing<C extends Client>(client: C): C & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

const request: SendMessageRequest = {
  to: 2n,
  chatId: '',
  content: undefined,
  key: '',
  previousKey: '',
  targetId: 0n,
};

function send(client: SendClient, token: string | undefined): Promise<ServiceError | null> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', token);
  return new Promise((resolve) => client.sendMessage(request, metadata, (error) => resolve(error)));
}

function infoOf(error: ServiceError | null): ErrorInfo {
  const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? [];
  const [any] = Status.decode(Buffer.from(bytes ?? '')).details;
  return ErrorInfo.decode(any?.value ?? Buffer.alloc(0));
}

test('refuses calls without a good token, with the code in the details', async () => {
  await using host = await openHost(async () => Promise.reject(new Error('not reached')));
  using client = closing(new SendClient(host.address, insecure));
  for (const token of [undefined, 'Bearer bad', `Bearer ${randomBytes(5_000).toString('hex')}`]) {
    const error = await send(client, token);
    expect(error?.code).toBe(status.UNAUTHENTICATED);
    expect(infoOf(error)).toMatchObject({
      reason: 'unauthenticated',
      domain: 'cecochat',
      metadata: { retry: 'never' },
    });
  }
});

test('tells expected errors with hint and data, and of bugs nothing', async () => {
  let thrown: unknown = new CecochatError('send.limited', 'too fast', { hint: 'slow down', data: { waitMs: '7' } });
  await using host = await openHost(async () => Promise.reject(thrown));
  using client = closing(new SendClient(host.address, insecure));
  const expected = await send(client, 'Bearer good');
  expect(expected).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'too fast' });
  expect(infoOf(expected)).toMatchObject({
    reason: 'send.limited',
    metadata: { retry: 'backoff', hint: 'slow down', waitMs: '7' },
  });
  thrown = new Error('secret');
  const bug = await send(client, 'Bearer good');
  expect(bug?.code).toBe(status.INTERNAL);
  expect(JSON.stringify(bug) + JSON.stringify(infoOf(bug))).not.toContain('secret');
});

test('maps every code to a status other than OK, and back from the details', () => {
  for (const code of errorCodes) {
    const fault = toGrpcFault(expectedError(new CecochatError(code, 'why')));
    expect(fault.code).not.toBe(status.OK);
    const [bytes] = fault.metadata.get('grpc-status-details-bin');
    const [any] = Status.decode(Buffer.from(bytes ?? '')).details;
    expect(ErrorInfo.decode(any?.value ?? Buffer.alloc(0)).reason).toBe(code);
  }
});

test('reports health for the server and each service', async () => {
  await using host = await openHost(async () => Promise.reject(new Error('not reached')));
  using client = closing(new HealthClient(host.address, insecure));
  const check = (service: string) =>
    new Promise((resolve) => client.check({ service }, (error, answer) => resolve(error?.code ?? answer.status)));
  expect(await check('')).toBe(HealthCheckResponse_ServingStatus.NOT_SERVING);
  host.setServing(true);
  expect(await check('')).toBe(HealthCheckResponse_ServingStatus.SERVING);
  expect(await check('cecochat.v1.Send')).toBe(HealthCheckResponse_ServingStatus.SERVING);
  expect(await check('cecochat.v1.Nothing')).toBe(status.NOT_FOUND);
});

test('answers reflection: services, symbols with their imports, and what is not there', async () => {
  await using host = await openHost(async () => Promise.reject(new Error('not reached')));
  using client = closing(new ServerReflectionClient(host.address, insecure));
  const stream = client.serverReflectionInfo();
  const answers: ServerReflectionResponse['messageResponse'][] = [];
  stream.on('data', (answer: ServerReflectionResponse) => answers.push(answer.messageResponse));
  stream.write({ host: '', messageRequest: { $case: 'listServices', value: '*' } });
  for (const value of ['cecochat.v1.Send', 'cecochat.v1.Send.SendMessage', 'cecochat.v1.Message', 'no.Such']) {
    stream.write({ host: '', messageRequest: { $case: 'fileContainingSymbol', value } });
  }
  stream.write({ host: '', messageRequest: { $case: 'fileByFilename', value: 'cecochat/v1/chat.proto' } });
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  const kinds = answers.map((answer) => answer?.$case);
  const file = 'fileDescriptorResponse';
  expect(kinds).toEqual(['listServicesResponse', file, file, file, 'errorResponse', file]);
  const [services, chat] = answers;
  expect(services?.value).toMatchObject({
    service: [{ name: 'cecochat.v1.Send' }, { name: 'cecochat.v1.Listen' }, { name: 'grpc.health.v1.Health' }],
  });
  expect(chat?.$case === file && chat.value.fileDescriptorProto.length).toBeGreaterThan(1);
});

test('a stop ends although grpc-js never says that it has', async () => {
  const host = await openHost(async () => Promise.reject(new Error('not reached')), 10);
  using never = vi.spyOn(Server.prototype, 'tryShutdown').mockImplementation(() => undefined);
  await host[Symbol.asyncDispose]();
  expect(never).toHaveBeenCalledOnce();
});

test('a stop ends open streams after the drain limit', async () => {
  const host = await openHost(async () => Promise.reject(new Error('not reached')), 10);
  using client = closing(new ListenClient(host.address, insecure));
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer good');
  const stream = client.listen({ cursor: Buffer.alloc(0) }, metadata);
  const ended = new Promise<ServiceError>((resolve) => stream.once('error', resolve));
  await new Promise((resolve) => client.waitForReady(Infinity, resolve));
  stream.resume();
  await host[Symbol.asyncDispose]();
  expect((await ended).code).not.toBe(status.OK);
});

test('refuses a busy port with its name', async () => {
  await using host = await openHost(async () => Promise.reject(new Error('not reached')));
  const port = Number(host.address.split(':')[1]);
  const again = createGrpcHost({ host: '127.0.0.1', port, services: [], clock: systemClock, log });
  await expect(again).rejects.toMatchObject({ code: 'port.busy', data: { address: host.address } });
});
