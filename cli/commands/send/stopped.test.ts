import { expect, test } from 'vitest';
import { CecochatError } from '../../../services/core/errors.ts';
import { stopped } from './stopped.ts';

const lines = { first: undefined, last: undefined };

test('says what was sent before the line that stopped it', () => {
  const bad = new CecochatError('message.too_large', 'line 3 is too long', { hint: 'split it', data: { line: '3' } });
  expect(stopped(bad, { ...lines, sent: 1, tried: 1, stoppedAt: 3 })).toMatchObject({
    code: 'message.too_large',
    message: 'line 3 is too long; 1 message sent, nothing from line 3 on',
    hint: 'split it',
    data: { line: '3', sent: '1', unsentFromLine: '3' },
  });
});

test('says of one that was interrupted what is not known', () => {
  const interrupted = new CecochatError('interrupted', 'interrupted by SIGINT');
  const message = (sent: number, tried: number): string =>
    stopped(interrupted, { ...lines, sent, tried, stoppedAt: tried + 1 }).message;
  expect(message(2, 5)).toBe(
    'interrupted by SIGINT; 2 messages sent, 3 more may arrive all the same, nothing from line 6 on',
  );
  expect(message(5, 5)).toBe('interrupted by SIGINT; 5 messages sent, nothing from line 6 on');
});

test('leaves a bug as it is', () => {
  const bug = new TypeError('x is not a function');
  expect(stopped(bug, { ...lines, sent: 0, tried: 0, stoppedAt: 1 })).toBe(bug);
});
