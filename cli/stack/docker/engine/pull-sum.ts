/**
 * What an engine tells of each layer while it pulls an image, summed up to one state of the whole. Layers come side by
 * side, a few at a time, and the size of one is known only once it began: until then it counts like the others' mean.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageCreate
 */
import type { PullProgress } from '../../part-report.ts';

/** One line of the engine's answer; whatever else it holds. */
export interface PullLine {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly error?: unknown;
  readonly progressDetail?: { readonly current?: number; readonly total?: number; readonly units?: string } | null;
}

interface Layer {
  readonly doneBytes: number;
  /** Undefined until it began. */
  readonly totalBytes: number | undefined;
  /** 0 to 1. */
  readonly unpacked: number;
}

const waiting: Layer = { doneBytes: 0, totalBytes: undefined, unpacked: 0 };

export class PullSum {
  readonly #layers = new Map<string, Layer>();
  #percent = 0;

  add({ id, status, progressDetail }: PullLine): void {
    if (typeof id !== 'string' || typeof status !== 'string') return;
    const layer = layerAfter(this.#layers.get(id) ?? waiting, status, progressDetail ?? {});
    if (layer !== undefined) this.#layers.set(id, layer);
  }

  /** The percentage never falls, however large the layers are that are found later. */
  get progress(): PullProgress {
    const layers = [...this.#layers.values()];
    const known = layers.filter(({ totalBytes }) => totalBytes !== undefined);
    const doneBytes = sum(layers.map((layer) => layer.doneBytes));
    const totalBytes = sum(known.map((layer) => layer.totalBytes ?? 0));
    const isFetched = layers.length > 0 && known.length === layers.length && doneBytes >= totalBytes;
    const expected = known.length === 0 ? 0 : (totalBytes * layers.length) / known.length;
    const percent = isFetched ? 100 : Math.min(99, Math.floor((100 * doneBytes) / Math.max(1, expected)));
    this.#percent = Math.max(this.#percent, percent);
    const fetched = { doneBytes, totalBytes, percent: this.#percent };
    if (!isFetched) return fetched;
    // Those without a size count a little.
    const weights = layers.map((layer) => Math.max(1, layer.totalBytes ?? 0));
    const unpacked = sum(layers.map((layer, index) => layer.unpacked * (weights[index] ?? 0))) / sum(weights);
    return { ...fetched, unpackedPercent: Math.floor(100 * unpacked) };
  }
}

/** Undefined for what is no state of a layer. */
function layerAfter(
  before: Layer,
  status: string,
  { current = 0, total = 0, units }: NonNullable<PullLine['progressDetail']>,
): Layer | undefined {
  const whole = before.totalBytes ?? 0;
  switch (status) {
    case 'Pulling fs layer':
    case 'Waiting':
      return before;
    case 'Downloading':
      // A registry need not tell the size.
      return { ...before, doneBytes: current, totalBytes: Math.max(current, total) };
    case 'Verifying Checksum':
    case 'Download complete':
      return { ...before, doneBytes: whole, totalBytes: whole };
    case 'Extracting':
      return {
        doneBytes: whole,
        totalBytes: whole,
        unpacked: units === undefined && total > 0 ? Math.min(1, current / total) : before.unpacked,
      };
    case 'Pull complete':
      return { doneBytes: whole, totalBytes: whole, unpacked: 1 };
    case 'Already exists':
      return { doneBytes: 0, totalBytes: 0, unpacked: 1 };
    default:
      return undefined;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
