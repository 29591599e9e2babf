import { describe, expect, it } from 'vitest';
import { createGatherer } from './gather.ts';

/** Requests wait until the test answers them; a question's answer is its double. Work takes `workMs` each time. */
function gatherer({ workMs = 0 } = {}) {
  let nowMs = 0;
  let deferred = 0;
  const requests: { node: number; questions: readonly number[]; answer: (error?: Error) => Promise<void> }[] = [];
  const gathering = createGatherer<number, number>({
    send: (node, questions) =>
      new Promise((resolve, reject) => {
        requests.push({
          node,
          questions,
          async answer(error) {
            if (error === undefined) resolve(doubled);
            else reject(error);
            await turns();
          },
        });
      }),
    fits: (questions, more) => questions.length < 3 && !questions.includes(more),
    defer(work) {
      deferred += 1;
      setImmediate(work);
    },
    clock: {
      monotonicMs() {
        nowMs += workMs;
        return nowMs;
      },
    },
  });
  return {
    requests,
    deferred: () => deferred,
    ask: (node: number, question: number) => gathering.ask(node, question),
  };
}

function doubled(question: number): number {
  if (question < 0) throw new Error(`${question} is refused`);
  return 2 * question;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
}

describe('questions to brokers', () => {
  it('that come together travel together, one request for each broker', async () => {
    const { requests, ask } = gatherer();
    const answers = Promise.all([ask(1, 10), ask(2, 20), ask(1, 11)]);
    await turns();
    expect(requests.map(({ node, questions }) => [node, questions])).toEqual([
      [1, [10, 11]],
      [2, [20]],
    ]);
    for (const { answer } of requests) await answer();
    expect(await answers).toEqual([20, 40, 22]);
  });

  it('wait while the broker answers, and go on with what fits', async () => {
    const { requests, ask } = gatherer();
    const first = ask(1, 1);
    await turns();
    const others = Promise.all([2, 3, 3, 4, 5].map((question) => ask(1, question)));
    await turns();
    expect(requests).toHaveLength(1);
    for (let at = 0; at < 3; at += 1) await requests[at]?.answer();
    expect(requests.map(({ questions }) => questions)).toEqual([[1], [2, 3, 4], [3, 5]]);
    expect([await first, ...(await others)]).toEqual([2, 4, 6, 6, 8, 10]);
  });

  it('fail alone when refused, and all of a request when that fails', async () => {
    const { requests, ask } = gatherer();
    const refused = Promise.allSettled([ask(1, -1), ask(1, 5)]);
    await turns();
    await requests[0]?.answer();
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    const failed = Promise.allSettled([ask(1, 6), ask(1, 7)]);
    await turns();
    await requests[1]?.answer(new Error('the connection is gone'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = ask(1, 8);
    await turns();
    await requests[2]?.answer();
    expect(await again).toBe(16);
  });

  it.each([
    [0, 1],
    [10, 4],
  ])('with %i ms of work between looks at the clock: %i turns, the first one to gather', async (workMs, expected) => {
    const { requests, ask, deferred } = gatherer({ workMs });
    const answers = Promise.all([ask(1, 1), ask(1, 2), ask(1, 3)]);
    await turns();
    await requests[0]?.answer();
    expect(await answers).toEqual([2, 4, 6]);
    expect(deferred()).toBe(expected);
  });
});
