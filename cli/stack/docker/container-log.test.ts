import { describe, expect, test } from 'vitest';
import { parseContainerLine } from './container-log.ts';

const at = '2026-11-26T18:18:36.889123456Z ';

describe('a line of a container', () => {
  test.each([
    ['INFO  [main] 2026-11-26 18:18:36,889 Server.java:1 - hello', 'info'],
    ['[2026-11-26 18:18:36,889] WARN [Broker id=1] careful (kafka.server)', 'warn'],
    ['[2026-11-26 18:18:36,889] FATAL gone (kafka.server)', 'error'],
    ['1:M 26 Nov 2026 18:18:36.889 # careful', 'warn'],
    ['1:M 26 Nov 2026 18:18:36.889 * Ready to accept connections', 'info'],
    ['===> Launching', 'info'],
  ])('%s', (message, level) => {
    const time = '2026-11-26T18:18:36.889Z';
    expect(parseContainerLine('x', at + message)).toEqual({ time, level, part: 'x', message, fields: {} });
  });

  test('keeps what has no time, and fills up short fractions', () => {
    expect(parseContainerLine('x', 'just text')).toMatchObject({ time: '', message: 'just text' });
    expect(parseContainerLine('x', '2026-11-26T18:18:36Z a').time).toBe('2026-11-26T18:18:36.000Z');
    expect(parseContainerLine('x', '2026-11-26T18:18:36.1Z ').time).toBe('2026-11-26T18:18:36.100Z');
  });
});
