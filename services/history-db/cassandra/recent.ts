/**
 * What was met lately, between `most` and twice as many entries.
 */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

export function createRecent<V>(most: number): Recent<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      young.set(key, value);
      if (young.size < most) return;
      old = young;
      young = new Map();
    },
  };
}
