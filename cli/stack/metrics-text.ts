/**
 * Reads the text in which servers give their metrics (Prometheus' exposition format).
 */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Lines that are no sample (comments, anything else) are passed over. */
export function parseMetrics(text: string): MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', number = ''] = sample.exec(line) ?? [];
    const value = Number(number);
    if (name === undefined || Number.isNaN(value)) return [];
    return [
      { name, labels: Object.fromEntries([...labels.matchAll(label)].map(([, key, said]) => [key, said])), value },
    ];
  });
}

/** Over all servers; undefined when nobody measures it. */
export function sumOf(samples: readonly MetricSample[], name: string): number | undefined {
  const found = samples.filter((one) => one.name === name);
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/** By the label "server". */
export function byServer(samples: readonly MetricSample[], name: string): ReadonlyMap<string, number> {
  const found = samples.filter((one) => one.name === name);
  return new Map(found.map(({ labels, value }) => [labels['server'] ?? '', value]));
}
