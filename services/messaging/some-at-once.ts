/**
 * Works on all items in their order, at most `atOnce` of them at the same time. Each begins in a turn of its own:
 * reading an embedded log waits for nothing, and timers (the lease's renewal above all) must get their turns.
 */
export async function someAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) {
      await new Promise((resolve) => void setImmediate(resolve));
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
