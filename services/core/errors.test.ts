import { describe, expect, it } from 'vitest';
import { CecochatError, errorCodes, isErrorCode, retryRules } from './errors.ts';

describe('errors', () => {
  it.each(errorCodes)('%s has a retry rule', (code) => {
    expect(['never', 'backoff', 'refresh', 'resume']).toContain(retryRules[code]);
    expect(new CecochatError(code, 'why').retry).toBe(retryRules[code]);
  });

  it('carry hint, data and cause', () => {
    const cause = new Error('disk full');
    const error = new CecochatError('engine.unavailable', 'no', { hint: 'free some', data: { disk: 'sda' }, cause });
    expect(error).toMatchObject({
      code: 'engine.unavailable',
      message: 'no',
      hint: 'free some',
      data: { disk: 'sda' },
    });
    expect(error.cause).toBe(cause);
    expect(new CecochatError('internal', 'no')).not.toHaveProperty('cause');
  });

  it('have a closed list of codes', () => {
    expect(isErrorCode('send.expired')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });
});
