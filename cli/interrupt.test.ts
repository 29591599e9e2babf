import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { interruptSignal } from './interrupt.ts';

describe('an interrupt', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'aborts at the first %s, and leaves the second to the system',
    (name) => {
      const source = new EventEmitter();
      const signal = interruptSignal(source);
      expect(signal.aborted).toBe(false);
      source.emit(name, name);
      expect(signal.reason).toMatchObject({ code: 'interrupted', message: `interrupted by ${name}` });
      for (const other of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        expect(source.listenerCount(other)).toBe(0);
      }
    },
  );
});
