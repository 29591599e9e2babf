/**
 * Works on all items, each the next when its work begins, at most `atOnce` of them at the same time. Each begins in a turn of its own:
 * reading an embedded log waits for nothing, and timers (the lease's renewal above all) must get their turns.
 */
export async function someAtOnce<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      await new Promise((resolve) => void setImmediate(resolve));
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
