/**
 * A process of the benchmark, seen from the parent: ask it something, get the answer; it ends with the scope.
 */
import { spawn } from 'node:child_process';
import { CecochatError } from '../../../services/core/errors.ts';
import { createDeferred, type Deferred } from '../../client/deferred.ts';
import type { Environment } from '../environment.ts';
import { isAnswer, type Answer, type Order } from './orders.ts';

export interface BenchWorker extends AsyncDisposable {
  tell(order: Order): void;
  /** Sends the order, resolves with the next answer of that kind. Errors: internal (it failed or died). */
  ask<K extends Answer['kind']>(order: Order, kind: K): Promise<Extract<Answer, { kind: K }>>;
  /** The last answer of kind progress. */
  readonly progress: Extract<Answer, { kind: 'progress' }> | undefined;
}

export function startWorker(environment: Pick<Environment, 'program' | 'env' | 'signal'>): BenchWorker {
  const [node, ...args] = environment.program;
  const child = spawn(node, [...args, 'bench', 'worker'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...environment.env },
  });
  const exited = createDeferred<void>();
  let waiting: { kind: Answer['kind']; answer: Deferred<Answer> } | undefined;
  let progress: Extract<Answer, { kind: 'progress' }> | undefined;
  let failure: CecochatError | undefined;

  const fail = (message: string): void => {
    failure ??= new CecochatError('internal', message);
    waiting?.answer.reject(failure);
    waiting = undefined;
  };
  child.on('message', (value: unknown) => {
    if (!isAnswer(value)) return;
    if (value.kind === 'progress') progress = value;
    if (value.kind === 'failed') fail(`a process of the benchmark failed: ${value.message}`);
    else if (waiting?.kind === value.kind) {
      const { answer } = waiting;
      waiting = undefined;
      answer.resolve(value);
    }
  });
  child.on('error', (error) => fail(`a process of the benchmark could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    fail(`a process of the benchmark ended with ${signal ?? `code ${code}`}`);
    exited.resolve();
  });
  const kill = (): void => void child.kill('SIGKILL');
  environment.signal.addEventListener('abort', kill, { once: true });

  return {
    get progress() {
      if (failure !== undefined) throw failure;
      return progress;
    },
    tell(order) {
      child.send(order);
    },
    async ask(order, kind) {
      environment.signal.throwIfAborted();
      if (failure !== undefined) throw failure;
      const answer = createDeferred<Answer>();
      waiting = { kind, answer };
      child.send(order);
      const value = await answer.promise.catch((error: unknown) => {
        environment.signal.throwIfAborted();
        throw error;
      });
      if (!isKind(value, kind)) throw new Error(`asked for ${kind}, got ${value.kind}`);
      return value;
    },
    async [Symbol.asyncDispose]() {
      environment.signal.removeEventListener('abort', kill);
      kill();
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await exited.promise;
    },
  };
}

function isKind<K extends Answer['kind']>(value: Answer, kind: K): value is Extract<Answer, { kind: K }> {
  return value.kind === kind;
}
