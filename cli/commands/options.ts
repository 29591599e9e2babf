/**
 * Typed options: each parser turns text into a value or says what is wrong with it; commander adds which
 * option and which value it was.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { isStackName } from '../stack/stack-name.ts';

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number: "12", "1_000_000". */
export function integerOption(bounds: Bounds = {}): (text: string) => number {
  return (text) => {
    const value = /^-?\d+(?:_\d+)*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
    if (!Number.isSafeInteger(value)) {
      throw new InvalidArgumentError('It must be a whole number, like 12.');
    }
    return within(value, { bounds, show: String });
  };
}

/** A number with or without fraction: "0.5". */
export function numberOption(bounds: Bounds = {}): (text: string) => number {
  return (text) => {
    const value = /^-?\d+(?:_\d+)*(?:\.\d+)?$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
    if (!Number.isFinite(value)) {
      throw new InvalidArgumentError('It must be a number, like 0.5.');
    }
    return within(value, { bounds, show: String });
  };
}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration with its unit: "500ms", "30s", "1.5m", "2h", "7d"; in milliseconds. Bounds too. */
export function durationOption(bounds: Bounds = {}): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
    const unitMs = Object.entries(durationUnitsMs).find(([unit]) => unit === match?.[2])?.[1];
    if (match === null || unitMs === undefined) {
      throw new InvalidArgumentError('It must be a duration with its unit (ms, s, m, h, d), like 500ms, 30s or 2m.');
    }
    return within(Math.round(Number(match[1]) * unitMs), { bounds, show: showDuration });
  };
}

const sizeUnits = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** A size with or without unit: "512", "64KiB", "1.5GiB", "10MB"; in bytes. Bounds too. */
export function sizeOption(bounds: Bounds = {}): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text);
    const wanted = (match?.[2] ?? '').toLowerCase() || 'b';
    const unit = Object.entries(sizeUnits).find(([name]) => name.toLowerCase() === wanted)?.[1];
    if (match === null || unit === undefined) {
      throw new InvalidArgumentError(
        'It must be a size in bytes or with its unit (KiB, MiB, GiB, kB, MB, GB), like 64KiB.',
      );
    }
    return within(Math.round(Number(match[1]) * unit), { bounds, show: (bytes) => `${bytes} bytes` });
  };
}

function within(value: number, { bounds, show }: { bounds: Bounds; show: (value: number) => string }): number {
  if (bounds.min !== undefined && value < bounds.min) {
    throw new InvalidArgumentError(`It must be at least ${show(bounds.min)}.`);
  }
  if (bounds.max !== undefined && value > bounds.max) {
    throw new InvalidArgumentError(`It must be at most ${show(bounds.max)}.`);
  }
  return value;
}

/** In the largest unit that takes it whole: "15s", "1m", "365d". */
function showDuration(ms: number): string {
  const units = Object.entries(durationUnitsMs).toReversed();
  const [unit, unitMs] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ['s', 1000];
  return `${ms / unitMs}${unit}`;
}

/** A duration with a default, which help shows with its unit. */
export function durationFlag(
  flags: string,
  description: string,
  { defaultMs, ...bounds }: Bounds & { readonly defaultMs: number },
): Option {
  return new Option(flags, description).argParser(durationOption(bounds)).default(defaultMs, showDuration(defaultMs));
}

/** `--name <stack>`, for every command that talks to a stack; the value arrives as `options.name`. */
export function stackOption(): Option {
  return new Option('--name <stack>', 'name of the stack').default('default').argParser((text: string) => {
    if (!isStackName(text)) {
      throw new InvalidArgumentError(
        'A stack name has 1 to 32 characters: lower-case letters, digits and inner hyphens, and starts with a letter.',
      );
    }
    return text;
  });
}

/** Shown under the command's help: [command line, what it does]. */
export function addExamples(command: Command, examples: readonly (readonly [string, string])[]): void {
  command.addHelpText('after', examplesText(examples));
}

export function examplesText(examples: readonly (readonly [string, string])[]): string {
  return `\nExamples:\n${examples.map(([line, meaning]) => `  $ ${line}\n      ${meaning}`).join('\n')}`;
}
