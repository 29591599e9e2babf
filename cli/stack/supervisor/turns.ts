/**
 * Lets no more than some do something at a time: the others wait for their turn, in the order in which they came.
 */
export interface Turns {
  /** Begins now or later; the result ends the turn, also one that has not come. It may be called again. */
  take(begin: () => void): () => void;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return {
    take(begin) {
      let state: 'waiting' | 'busy' | 'over' = 'waiting';
      const come = (): void => {
        state = 'busy';
        busy += 1;
        begin();
      };
      if (busy < atOnce) come();
      else waiting.push(come);
      return () => {
        if (state === 'waiting') waiting.splice(waiting.indexOf(come), 1);
        if (state === 'busy') {
          busy -= 1;
          if (busy < atOnce) waiting.shift()?.();
        }
        state = 'over';
      };
    },
  };
}
