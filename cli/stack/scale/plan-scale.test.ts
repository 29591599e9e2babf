import { describe, expect, test } from 'vitest';
import type { ServerProcess, StackServer } from '../stack-files.ts';
import { planScale } from './plan-scale.ts';

const http = { httpAddress: 'http://127.0.0.1:1', grpcAddress: null };
const profile: StackServer = { name: 'profile', serverId: 'profile', ...http };
const process = (serverId: string): ServerProcess => ({
  serverId,
  pid: 1,
  processStart: '',
  state: 'running',
  restarts: 0,
  lastEnd: null,
  nextStartAtMs: null,
});

function stack(ids: readonly string[], ofTheirOwn = true) {
  const servers = [profile, ...ids.map((serverId) => ({ name: 'messaging', serverId, ...http }))];
  const processes = ofTheirOwn ? servers.map(({ serverId }) => process(serverId)) : [];
  return { name: 'default', servers, processes };
}

describe('scaling', () => {
  test.each([
    { ids: ['s1', 's2'], messaging: 4, start: ['s3', 's4'], stop: [] },
    { ids: ['s1', 's2', 's3'], messaging: 1, start: [], stop: ['s2', 's3'] },
    { ids: ['s1', 's2'], messaging: 2, start: [], stop: [] },
    // One that was cut short, the other way round.
    { ids: ['s1', 's3'], messaging: 2, start: ['s2'], stop: ['s3'] },
  ])('from $ids to $messaging', ({ ids, messaging, start, stop }) => {
    const servers = Array.from({ length: messaging }, (_, index) => `s${index + 1}`);
    expect(planScale(stack(ids), messaging)).toEqual({ servers, start, stop });
  });

  test('servers that share a process changes nothing, or says what does', () => {
    const embedded = stack(['s1', 's2'], false);
    expect(planScale(embedded, 2)).toEqual({ servers: ['s1', 's2'], start: [], stop: [] });
    expect(() => planScale(embedded, 3)).toThrow(
      expect.objectContaining({ code: 'usage.invalid', hint: 'cecochat down, then cecochat up --messaging 3' }),
    );
  });
});
