import { describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../../../services/core/time/clock.ts';
import type { PartReport } from '../../part-report.ts';
import { EngineRefusal, type DockerEngine, type PullRequest } from '../engine/docker-engine.ts';
import { ensureImage } from './ensure-image.ts';
import { createFakeEngine } from './fake-engine.fixture.ts';
import { explainPullFailure, registryOf } from './pull-failure.ts';

const reference = 'ghcr.io/owner/image:1.2';

async function ensure(pullImage: DockerEngine['pullImage'], clock: Clock = systemClock) {
  const engine = { ...createFakeEngine([]), pullImage };
  const reports: Omit<PartReport, 'atMs'>[] = [];
  const ran = ensureImage({
    engine,
    clock,
    signal: new AbortController().signal,
    report: (one) => void reports.push(one),
    part: 'one',
    reference,
  });
  return ran.then(
    () => ({ error: undefined, reports }),
    (error: unknown) => ({ error, reports }),
  );
}

/** The engine goes on until it is told to stop. */
const untilAborted = (_reference: string, { signal }: PullRequest): Promise<void> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

/** Time is what is asked for: who waits for at most `ms` has waited. */
function hastyClock(ms: number): Clock {
  return { ...systemClock, after: (wait, work) => systemClock.after(wait <= ms ? 0 : 60_000, work) };
}

describe('an image that is pulled', () => {
  test('is told once for each percent', async () => {
    const { reports } = await ensure((_reference, { onProgress }) => {
      for (const doneBytes of [0, 3, 5, 10, 1000])
        onProgress({ doneBytes, totalBytes: 1000, percent: Math.floor(doneBytes / 10), isRetry: false });
      return Promise.resolve();
    });
    expect(reports.map(({ detail, pull }) => [detail, pull?.percent])).toEqual([
      [reference, undefined],
      [reference, 0],
      [reference, 1],
      [reference, 100],
    ]);
  });

  test('is missed when the engine ends its answer without having it', async () => {
    expect((await ensure(() => Promise.resolve())).error).toMatchObject({ code: 'engine.unavailable' });
  });

  test('is given up when its registry says nothing, or when a layer is only tried again', async () => {
    const silent = await ensure(untilAborted, hastyClock(8000));
    expect(silent.error).toMatchObject({
      message: `the image ${reference} is not on this engine and cannot be pulled: ghcr.io cannot be reached from this engine`,
      cause: { message: 'nothing was heard from ghcr.io for 8 s: timeout' },
    });
    const again = await ensure((_reference, pull) => {
      for (const isRetry of [false, true, true]) pull.onProgress({ doneBytes: 1, totalBytes: 2, percent: 50, isRetry });
      return untilAborted(reference, pull);
    }, hastyClock(8000));
    expect(again.error).toMatchObject({
      cause: { message: 'the engine did nothing but try a layer from ghcr.io again for 8 s: timeout' },
    });
  });
});

describe('a pull that fails', () => {
  test.each([
    ['dial tcp: lookup registry-1.docker.io: no such host', /cannot be reached/, /docker save .* docker load/],
    [
      'Get "https://registry-1.docker.io/v2/": dial tcp 1.2.3.4:443: connect: connection refused',
      /cannot be reached/,
      /docker load/,
    ],
    ['manifest for ghcr.io/owner/image:1.2 not found: manifest unknown: manifest unknown', /does not have it/, /tag/],
    [
      "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      /does not have it, or not for everybody/,
      /docker login ghcr.io/,
    ],
    ['no matching manifest for linux/amd64 in the manifest list entries', /architecture/, /--platform/],
    ['failed to register layer: write /x: no space left on device', /disk .* full/, /docker system df/],
    ['toomanyrequests: You have reached your pull rate limit.', /refuses more pulls/, /docker login/],
    ['unauthorized: authentication required', /not give it to everybody/, /docker login/],
    ['filesystem layer verification failed for digest sha256:1', /damaged/, /repeat/],
    ['words that nobody knows', /^$/, /docker pull ghcr.io\/owner\/image:1.2, or on a machine that can/],
  ])('%s', async (words, reason, hint) => {
    const explained = explainPullFailure(reference, words);
    expect(explained.hint).toMatch(hint);
    expect(explained.reason ?? '').toMatch(reason);
    const { error } = await ensure(() => Promise.reject(new EngineRefusal(500, words)));
    expect(error).toMatchObject({
      code: 'engine.unavailable',
      message: expect.stringContaining(`the image ${reference} is not on this engine and cannot be pulled`),
      cause: { message: words },
      data: { image: reference, part: 'one' },
    });
  });

  test('names the registry of the image', () => {
    expect(['redis:7', 'apache/kafka:4', 'localhost/x', '127.0.0.1:5000/x:1', 'quay.io/a/b'].map(registryOf)).toEqual([
      'docker.io',
      'docker.io',
      'localhost',
      '127.0.0.1:5000',
      'quay.io',
    ]);
  });
});
