import { describe, expect, it } from 'vitest';
import { createScope } from './lifecycle.ts';

describe('a scope', () => {
  it('disposes the last acquired first, and once', async () => {
    const order: string[] = [];
    const scope = createScope();
    scope.use({ [Symbol.asyncDispose]: async () => void order.push('first') });
    scope.defer(() => void order.push('second'));
    await scope[Symbol.asyncDispose]();
    await scope[Symbol.asyncDispose]();
    expect(order).toEqual(['second', 'first']);
  });

  it('goes on after a failure and reports it', async () => {
    const fault = new Error('stuck');
    const done: string[] = [];
    const scope = createScope();
    scope.defer(() => void done.push('first'));
    scope.defer(() => {
      throw fault;
    });
    await expect(scope[Symbol.asyncDispose]()).rejects.toBe(fault);
    expect(done).toEqual(['first']);
  });

  it('reports several failures together', async () => {
    const scope = createScope();
    const faults = [new Error('one'), new Error('two')];
    for (const fault of faults) scope.defer(() => Promise.reject(fault));
    await expect(scope[Symbol.asyncDispose]()).rejects.toMatchObject({ errors: faults.toReversed() });
  });
});
