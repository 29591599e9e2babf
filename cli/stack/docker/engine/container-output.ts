/**
 * What containers print. Without a terminal the engine sends stdout and stderr in frames: a byte for the stream,
 * three of zero, four of length (big-endian), then the text.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
import { createInterface } from 'node:readline';
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
  /** The time before a line, of which later ones are wanted; '' for those from now on. */
  readonly after: string;
  readonly signal: AbortSignal;
}

/** What it prints, as the engine sends it, with the time before each line. */
export async function openTimedLines(
  container: Docker.Container,
  { after, signal }: Following,
): Promise<NodeJS.ReadableStream> {
  const from = after === '' ? { tail: 0 } : { since: unixTime(after) };
  return container.logs({ ...both, ...from, follow: true, timestamps: true, abortSignal: signal });
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
  for await (const line of createInterface({ input: text })) {
    // The engine gives those of that very time again.
    if (line !== '' && (after === '' || !line.startsWith(after))) yield line;
  }
}

/** "2026-11-27T18:35:01.000000012Z" is 1795804501.000000012: the only kind of time that the engine takes. */
export function unixTime(time: string): string {
  const [, seconds = '', fraction = '0'] = /^([^.]*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return `${timeOfDate(`${seconds}Z`) / 1000}.${fraction.padEnd(9, '0')}`;
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
