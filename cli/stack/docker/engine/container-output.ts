/**
 * What containers print. Without a terminal the engine sends stdout and stderr in frames: a byte for the stream,
 * three of zero, four of length (big-endian), then the text.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';

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

export async function* followTimedLines(
  docker: Docker,
  id: string,
  { after, signal }: { readonly after: string; readonly signal: AbortSignal },
): AsyncGenerator<string, void> {
  const container = docker.getContainer(id);
  const since = after === '' ? {} : { since: after };
  const tail = after === '' ? { tail: 0 } : {};
  const stream = await container.logs({
    ...both,
    ...since,
    ...tail,
    follow: true,
    timestamps: true,
    abortSignal: signal,
  });
  const text = new PassThrough();
  docker.modem.demuxStream(stream, text, text);
  // One that is cut off ends like one that ends.
  stream
    .once('end', () => text.end())
    .once('error', () => text.end())
    .once('close', () => text.end());
  for await (const line of createInterface({ input: text })) {
    // The engine gives those of that very time again.
    if (line !== '' && line.slice(0, after.length) !== after) yield line;
  }
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
