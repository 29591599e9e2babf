import { describe, expect, it } from 'vitest';
import { createScope, openInScope } from './lifecycle.ts';

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

describe('opening in a scope', () => {
  it('gives back what was acquired when it fails, with its own error', async () => {
    const given: string[] = [];
    const opening = openInScope(async (scope) => {
      scope.defer(() => void given.push('first'));
      scope.defer(() => void given.push('second'));
      await Promise.reject(new Error('no third'));
    });
    await expect(opening).rejects.toThrow('no third');
    expect(given).toEqual(['second', 'first']);
  });

  it('keeps it when it succeeds, until the scope is disposed of', async () => {
    const given: string[] = [];
    const opened = await openInScope(async (scope) => {
      scope.defer(() => void given.push('it'));
      return scope;
    });
    expect(given).toEqual([]);
    await opened[Symbol.asyncDispose]();
    expect(given).toEqual(['it']);
  });
});
