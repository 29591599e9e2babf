import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/time/clock.ts';
import { openEmbeddedBackplane } from './embedded-backplane.ts';

const hasLimits = process.platform === 'linux';
const limitBytes = 20 << 20;

test.runIf(hasLimits)(
  'a journal that cannot be moved refuses appends before memory ends, and takes them again once it can (Linux only: prlimit)',
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cecochat-stuck-'));
    const fixture = join(import.meta.dirname, 'stuck-move.fixture.ts');
    // In blocks of 1024 bytes, as bash counts them.
    const script = `ulimit -S -f ${limitBytes / 1024}; exec "$0" --import tsx "$1" "$2"`;
    const child = spawn('bash', ['-c', script, process.execPath, fixture, folder], {
      // lmdb-js prints each commit that failed.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await using _end = {
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGKILL');
        await rm(folder, { recursive: true });
      },
    };
    const ended = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const refused: unknown = JSON.parse((await lines.next()).value);
    expect(refused).toEqual({
      taken: expect.any(Number),
      refusal: expect.stringMatching(/^writing to the data folder failed: /),
    });
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']);
    const { taken }: { readonly taken: number } = JSON.parse((await lines.next()).value);
    expect(await ended).toEqual([0, null]);
    // What was in LMDB then, and what memory may hold beside it.
    expect(taken * 50_000).toBeGreaterThan(limitBytes);
    expect(taken * 50_000).toBeLessThan(limitBytes + (20 << 20));

    await using backplane = await openEmbeddedBackplane({ folder, partitionCount: 2, clock: systemClock });
    const found: number[] = [];
    for (const partition of [0, 1]) {
      const { end } = await backplane.bounds(partition);
      for (let at = 0; at < end; at += 1) {
        const [record] = await backplane.read(partition, at, { maxRecords: 1, maxBytes: 1 });
        found.push(Number(Buffer.from(record?.value ?? []).toString()));
      }
    }
    expect(found.toSorted((one, other) => one - other)).toEqual(Array.from({ length: taken }, (_, number) => number));
  },
);
