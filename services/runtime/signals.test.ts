import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { listenForStop } from './signals.ts';

test('the first signal aborts, the second one finds no listener', () => {
  const source = new EventEmitter();
  using stop = listenForStop(source);
  expect(stop.signal.aborted).toBe(false);
  source.emit('SIGTERM');
  expect(stop.signal.reason).toBe('SIGTERM');
  expect(source.emit('SIGTERM')).toBe(false);
  expect(source.emit('SIGINT')).toBe(false);
});

test('leaves no listener behind', () => {
  const source = new EventEmitter();
  listenForStop(source)[Symbol.dispose]();
  expect(source.eventNames()).toEqual([]);
});
