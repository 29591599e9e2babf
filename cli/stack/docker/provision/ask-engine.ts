/**
 * Asks an engine at its published port what its health check asks inside the container: on a machine whose cores are
 * busy with starting engines, running a command in a container every time costs a good part of them.
 */
import { connect } from 'node:net';
import type { Service } from '../compose/compose-model.ts';

/** Undefined: there is no cheaper way than the health check's command. */
export type AskEngine = (service: Service) => ((signal: AbortSignal) => Promise<boolean>) | undefined;

interface Question {
  readonly request: Buffer;
  /** Of the first bytes of the answer. */
  readonly answerBytes: number;
  readonly isAnswer: (answer: Buffer) => boolean;
}

const host = '127.0.0.1';
const answerMs = 3_000;
const kafkaCorrelation = 7;
const cassandraSupported = 6;

const questions: Readonly<Record<string, Question>> = {
  // ApiVersions (18) version 0, without a client id; the answer repeats the correlation id.
  kafka: {
    request: Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, kafkaCorrelation, 0xff, 0xff]),
    answerBytes: 8,
    isAnswer: (answer) => answer.readInt32BE(4) === kafkaCorrelation,
  },
  // OPTIONS of the native protocol 4.
  cassandra: {
    request: Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]),
    answerBytes: 5,
    isAnswer: (answer) => answer[4] === cassandraSupported,
  },
  // While it loads its file it answers LOADING.
  redis: {
    request: Buffer.from('PING\r\n'),
    answerBytes: 5,
    isAnswer: (answer) => answer.toString('latin1').startsWith('+PONG'),
  },
};

export const askEngine: AskEngine = ({ name, ports: [main] }) => {
  const question = questions[name];
  if (question === undefined || main === undefined) return undefined;
  return (signal) => ask(question, { port: main.published, signal });
};

/** False also when nothing listens, or it takes too long. */
function ask(
  { request, answerBytes, isAnswer }: Question,
  { port, signal }: { readonly port: number; readonly signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerMs });
    const giveUp = (): void => void socket.destroy();
    signal.addEventListener('abort', giveUp);
    let answer = Buffer.alloc(0);
    socket.on('connect', () => socket.write(request));
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes]);
      if (answer.length >= answerBytes) socket.destroy();
    });
    // An error too is followed by the end.
    socket.on('error', () => undefined);
    socket.on('timeout', giveUp);
    socket.on('close', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(answer.length >= answerBytes && isAnswer(answer));
    });
  });
}
