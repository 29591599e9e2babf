import { Counter, Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { byServer, parseMetrics, sumOf } from './metrics-text.ts';

test('what prom-client writes is read back, by server and in sum', async () => {
  const registry = new Registry();
  const sends = new Counter({ name: 'sends_total', help: 'h', labelNames: ['server'], registers: [registry] });
  sends.inc({ server: 's1' }, 3);
  sends.inc({ server: 's"2,}\\' }, 4.5);
  new Gauge({ name: 'behind', help: 'h', registers: [registry] }).set(1e21);
  const samples = parseMetrics(await registry.metrics());
  expect(sumOf(samples, 'sends_total')).toBe(7.5);
  expect(byServer(samples, 'sends_total').get('s1')).toBe(3);
  expect(sumOf(samples, 'behind')).toBe(1e21);
  expect(sumOf(samples, 'absent')).toBeUndefined();
});

test('what is no sample is passed over', () => {
  expect(parseMetrics('# HELP a b\n\nnonsense\na{b="c"} x\nup 1 1700000000000\n')).toEqual([
    { name: 'up', labels: {}, value: 1 },
  ]);
});
