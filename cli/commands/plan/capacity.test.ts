import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkOutput } from '../../e2e/output-schema.ts';
import { openWorkbench } from '../../e2e/run-command.ts';
import { defaultCapacityInput, planCapacity } from './capacity.ts';

describe('the capacity of a cell', () => {
  test('is that of the design for 100 million users', () => {
    expect(planCapacity(defaultCapacityInput)).toMatchObject({
      messagingServers: 2000,
      peakMessagesPerSecond: 712_000,
      peakMessagesPerSecondPerServer: 356,
      messagesPerDay: 12_800_000_000,
    });
  });

  test('covers the peak with whole servers, none of them above its connections', () => {
    const input = fc.record({
      users: fc.integer({ min: 1, max: 10_000_000_000 }),
      messagesPerDay: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
      connectionsPerServer: fc.integer({ min: 1, max: 1_000_000 }),
    });
    fc.assert(
      fc.property(input, (given) => {
        const all = { ...defaultCapacityInput, ...given };
        const { messagingServers, peakMessagesPerSecond } = planCapacity(all);
        const needed = (all.users * all.messagesPerDay * all.peakShare) / (all.peakHours * 3600);
        expect(messagingServers * all.connectionsPerServer).toBeGreaterThanOrEqual(all.users);
        expect((messagingServers - 1) * all.connectionsPerServer).toBeLessThan(all.users);
        expect(peakMessagesPerSecond).toBeGreaterThanOrEqual(needed * (1 - 1e-9));
      }),
    );
  });

  test('grows in storage with size, retention and copies', () => {
    const base = planCapacity(defaultCapacityInput).historyBytes;
    for (const key of ['messageBytes', 'historyDays', 'replicas', 'messagesPerDay', 'users'] as const) {
      expect(planCapacity({ ...defaultCapacityInput, [key]: defaultCapacityInput[key] * 2 }).historyBytes).toBe(
        base * 2,
      );
    }
  });

  test('is printed for people and for programs', async () => {
    await using bench = await openWorkbench();
    const ran = await bench.run(['plan']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/messaging servers +2 000 [^]+messages\/s at peak +712 000 [^]+per server +356\n/);
    const { data } = checkOutput(
      (await bench.run(['plan', '--json', '--users', '50_001', '--retention', '30d'])).stdout,
    );
    expect(data).toMatchObject({ input: { users: 50_001, historyDays: 30 }, capacity: { messagingServers: 2 } });
  });
});
