/**
 * What containers print. Without a terminal the engine sends stdout and stderr in frames: a byte for the stream,
 * three of zero, four of length (big-endian), then the text.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { timeOfDate } from '../../../../services/core/time/date.ts';

const headerBytes = 8;
const both = { stdout: true, stderr: true } as const;

/** Oldest first. */
export async function readLastLines(container: Docker.Container, count: number): Promise<string[]> {
  return linesOf(await container.logs({ ...both, tail: count, follow: false }), count);
}

/** With the engine's time before each. */
export async function readTimedLines(container: Docker.Container, count: number): Promise<string[]> {
  return linesOf(await container.logs({ ...both, tail: count, follow: false, timestamps: true }), count);
}

export interface Following {
  /** The time before a line, of which later ones are wanted. */
  readonly after: string;
  readonly signal: AbortSignal;
}

/** What it prints, as the engine sends it, with the time before each line. */
export async function openTimedLines(
  container: Docker.Container,
  { after, signal }: Following,
): Promise<NodeJS.ReadableStream> {
  return container.logs({ ...both, since: unixTime(after), follow: true, timestamps: true, abortSignal: signal });
}

export async function* readLines(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  { after }: Following,
): AsyncGenerator<string, void> {
  const text = new PassThrough();
  docker.modem.demuxStream(stream, text, text);
  // One that is cut off ends like one that ends.
  stream
    .once('end', () => text.end())
    .once('error', () => text.end())
    .once('close', () => text.end());
  let rest = '';
  // By line feeds alone: a line may hold a carriage return, and what follows it has no time of its own.
  for await (const piece of text.setEncoding('utf8')) {
    const lines = `${rest}${String(piece)}`.split('\n');
    rest = lines.pop() ?? '';
    // The engine gives those of that very time again.
    for (const line of lines) if (line !== '' && !line.startsWith(`${after} `)) yield line;
  }
  if (rest !== '') yield rest;
}

/** RFC 3339, in UTC with Docker, with an offset where Podman runs. */
const lineTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

export function isLineTime(text: string): boolean {
  return lineTime.test(text);
}

/** "2026-11-27T18:35:01.000000012Z" is 1795804501.000000012: the only kind of time that Docker's engine takes. */
export function unixTime(time: string): string {
  const [, seconds = '', fraction = '', zone = ''] = lineTime.exec(time) ?? [];
  return `${timeOfDate(`${seconds}${zone}`) / 1000}.${fraction.padEnd(9, '0')}`;
}

function linesOf(bytes: Buffer, count: number): string[] {
  return [...textsOf(bytes)]
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .slice(-count);
}

function* textsOf(bytes: Buffer): Generator<string> {
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const length = bytes.readUInt32BE(at + 4);
    yield bytes.subarray(at + headerBytes, at + headerBytes + length).toString('utf8');
    at += headerBytes + length;
  }
}
