import { expect, test } from 'vitest';
import type { Lease } from '../config-db/config-db.ts';
import { createFleet } from './fleet.ts';

function lease(leftMs: number, holder = 'first'): Lease {
  return { name: 'server/s1', holder, expiresAtMs: 1, leftMs, note: '0-7' };
}

/** Milliseconds from the look at which the lease was first seen ended to the one that calls its server dead. */
function patienceFrom(fleet: ReturnType<typeof createFleet>, fromMs: number, holder = 'first'): number {
  for (let atMs = fromMs; atMs <= fromMs + 10_000; atMs += 50) {
    if (fleet.look([lease(0, holder)], atMs).gone.has('s1')) return atMs - fromMs;
  }
  throw new Error('never dead');
}

test('a lease that was seen ended for 200 ms makes its server dead; until then the next look is told', () => {
  const fleet = createFleet();
  expect(fleet.look([lease(1500)], 0)).toMatchObject({ untilNextMs: 1500, gone: new Set() });
  expect(fleet.look([lease(0)], 1500)).toMatchObject({ untilNextMs: 200, gone: new Set() });
  expect(fleet.look([lease(0)], 1600)).toMatchObject({ untilNextMs: 100, gone: new Set() });
  expect(fleet.look([lease(0)], 1700)).toMatchObject({ gone: new Set(['s1']) });
});

test('a process that was held up and renews its lease makes patience grow, up to three seconds', () => {
  const fleet = createFleet();
  fleet.look([lease(0)], 0);
  fleet.look([lease(2000)], 700);
  // Twice 700 ms, less what is forgotten meanwhile.
  const grown = patienceFrom(fleet, 800);
  expect(grown).toBeGreaterThan(1250);
  expect(grown).toBeLessThanOrEqual(1400);
  fleet.look([lease(2000)], 8_900);
  fleet.look([lease(0)], 9_000);
  fleet.look([lease(2000)], 11_000);
  const most = patienceFrom(fleet, 11_100);
  expect(most).toBeGreaterThan(2500);
  expect(most).toBeLessThanOrEqual(3000);
});

test('patience is forgotten by and by', () => {
  const fleet = createFleet();
  fleet.look([lease(0)], 0);
  fleet.look([lease(2000)], 800);
  expect(patienceFrom(fleet, 20_800)).toBeCloseTo(800, -2);
  fleet.look([lease(2000, 'second')], 22_000);
  expect(patienceFrom(fleet, 200_000, 'second')).toBe(200);
});

test('another process under the same id was started anew: patience does not grow', () => {
  const fleet = createFleet();
  fleet.look([lease(0)], 0);
  fleet.look([lease(2000, 'second')], 5_000);
  expect(patienceFrom(fleet, 6_000, 'second')).toBe(200);
});

test('a process that stood still for longer than any patience lasts is no reason for more', () => {
  const fleet = createFleet();
  fleet.look([lease(0)], 0);
  fleet.look([lease(2000)], 3_100);
  expect(patienceFrom(fleet, 4_000)).toBe(200);
});

test('a server that says that it leaves, or has released its lease, is gone at once', () => {
  const fleet = createFleet();
  const leaving = { ...lease(1500), note: 'leaving 0-7' };
  expect(fleet.look([leaving], 0)).toMatchObject({ alive: new Map(), gone: new Set(['s1']) });
  const released = { ...lease(0), expiresAtMs: 0 };
  expect(fleet.look([released], 100)).toMatchObject({ alive: new Map(), gone: new Set(['s1']) });
  expect(fleet.look([lease(2000, 'second')], 200)).toMatchObject({ alive: new Map([['s1', '0-7']]), gone: new Set() });
});
