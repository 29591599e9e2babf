/** What a messaging server counts, as plain numbers: they change many times per message. */
export interface Counters {
  sends: number;
  acks: number;
  repeats: number;
  refusals: number;
  deliveries: number;
  slowConsumers: number;
  readBack: number;
  decoded: number;
}

export function createCounters(): Counters {
  return { sends: 0, acks: 0, repeats: 0, refusals: 0, deliveries: 0, slowConsumers: 0, readBack: 0, decoded: 0 };
}
