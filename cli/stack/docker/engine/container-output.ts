/**
 * What containers print. Without a terminal the engine sends stdout and stderr in frames: a byte for the stream,
 * three of zero, four of length (big-endian), then the text.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
import type Docker from 'dockerode';

const headerBytes = 8;

/** Oldest first. */
export async function readLastLines(container: Docker.Container, count: number): Promise<string[]> {
  const bytes = await container.logs({ stdout: true, stderr: true, tail: count, follow: false });
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
