import { expect, test } from 'vitest';
import { CecochatError } from '../../../services/core/errors.ts';
import { createWaiting } from './waiting.ts';

test('a reason to wait is said once, and again after the wait ended', () => {
  const said: string[] = [];
  const waiting = createWaiting((line) => said.push(line), 'foo');
  const none = new CecochatError('server.not_ready', 'no server serves partition 7', { hint: 'cecochat status' });
  expect(waiting.suffix).toBe('');
  waiting.because(none);
  waiting.because(none);
  expect(said).toEqual(['waiting: no server serves partition 7 (cecochat status --name foo)']);
  expect(waiting.suffix).toBe('; it waited because: no server serves partition 7 (cecochat status --name foo)');
  waiting.because(undefined);
  expect(waiting.suffix).toBe('');
  waiting.because(none);
  expect(said).toHaveLength(2);
});
