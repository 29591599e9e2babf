/**
 * A container registry on this machine, as much of one as a pull needs; an engine takes one at 127.0.0.1 without TLS.
 * https://distribution.github.io/distribution/spec/api/
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../../services/core/time/clock.ts';

export interface LocalRegistry extends AsyncDisposable {
  /** "127.0.0.1:34567". Nothing below "silent/" is ever answered. */
  readonly host: string;
  /** Serves an image as `name`:1. */
  add(name: string, image: ServedImage): void;
}

export interface ServedImage {
  /** A file each; its path and its content. */
  readonly layers: readonly { readonly path: string; readonly content: Buffer; readonly mode?: number }[];
  readonly entrypoint?: readonly string[];
  /** Of its only manifest. Default: amd64. */
  readonly architecture?: string;
  /** Behind a list of manifests that names the architecture. */
  readonly isListed?: boolean;
  /** What is sent of a layer instead. */
  readonly spoil?: 'damaged' | 'missing';
}

const types = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

const chunkBytes = 64 * 1024;
/** Between two chunks, so that a pull can be watched. */
const chunkMs = 20;

interface Served {
  readonly type: string;
  readonly bytes: Buffer;
}

export async function openRegistry(): Promise<LocalRegistry> {
  /** By path below /v2/. */
  const served = new Map<string, Served>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/v2\//, '');
    if (path.startsWith('silent/')) return;
    const found = path === '' ? { type: 'application/json', bytes: Buffer.from('{}') } : served.get(path);
    if (found === undefined) {
      const code = path.includes('/blobs/') ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN';
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace('_', ' ') }] }));
      return;
    }
    const headers = { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) };
    response.writeHead(200, { ...headers, 'content-length': found.bytes.length });
    if (request.method === 'HEAD') response.end();
    else void send(response, found.bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    add: (name, image) => {
      for (const [path, what] of pathsOf(name, image)) served.set(path, what);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function send(response: ServerResponse, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += chunkBytes) {
    response.write(bytes.subarray(at, at + chunkBytes));
    if (at + chunkBytes < bytes.length) await systemClock.sleep(chunkMs);
  }
  response.end();
}

function pathsOf(name: string, image: ServedImage): readonly (readonly [string, Served])[] {
  const { layers, entrypoint = ['/none'], architecture = 'amd64', isListed = false, spoil } = image;
  const tars = layers.map(tarOf);
  const blobs = tars.map((tar) => ({ type: types.layer, bytes: gzipSync(tar) }));
  const config = json(types.config, {
    architecture,
    os: 'linux',
    config: { Entrypoint: entrypoint },
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
  });
  const manifest = json(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: described(config),
    layers: blobs.map(described),
  });
  const list = json(types.list, {
    schemaVersion: 2,
    mediaType: types.list,
    manifests: [{ ...described(manifest), platform: { architecture, os: 'linux' } }],
  });
  const sent = spoil === 'missing' ? [] : blobs.map((blob) => (spoil === 'damaged' ? damaged(blob) : blob));
  return [
    [`${name}/manifests/1`, isListed ? list : manifest],
    ...[list, manifest].map((each) => [`${name}/manifests/${digestOf(each.bytes)}`, each] as const),
    [`${name}/blobs/${digestOf(config.bytes)}`, config],
    ...sent.map((blob, index) => [`${name}/blobs/${digestOf(blobs[index]?.bytes ?? blob.bytes)}`, blob] as const),
  ];
}

function json(type: string, value: object): Served {
  return { type, bytes: Buffer.from(JSON.stringify(value)) };
}

function described({ type, bytes }: Served): object {
  return { mediaType: type, size: bytes.length, digest: digestOf(bytes) };
}

function damaged({ type, bytes }: Served): Served {
  const other = Buffer.from(bytes);
  other[other.length >> 1] = (other[other.length >> 1] ?? 0) ^ 0xff;
  return { type, bytes: other };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** One file in the ustar format: its header, its content, both in blocks of 512 bytes, and two empty blocks. */
function tarOf({ path, content, mode = 0o644 }: ServedImage['layers'][number]): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(path, 0);
  header.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(content.length, 12) + octal(0, 12), 100);
  header.write('        0', 148);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512), Buffer.alloc(1024)]);
}
