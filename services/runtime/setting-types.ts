/**
 * The types of settings. Each builder takes what a declaration needs and gives a Setting that parses itself.
 */
import type { Setting } from './settings.ts';

interface Described {
  readonly doc: string;
  readonly unit?: string;
}

/** Whole numbers from `min` to `max`. */
export function integerSetting(given: Described & { default: number; min: number; max: number }): Setting<number> {
  const { min, max } = given;
  return {
    ...base(given, `integer ${min} to ${max}`),
    default: given.default,
    parse(text) {
      const value = Number(text);
      if (!/^-?[0-9]+$/.test(text)) return { fault: 'is no whole number' };
      return value < min || value > max ? { fault: `is not between ${min} and ${max}` } : { value };
    },
  };
}

/** 0 takes any free port. */
export function portSetting(given: Described & { default: number }): Setting<number> {
  return { ...integerSetting({ ...given, min: 0, max: 65_535 }), type: 'port (0: any free one)' };
}

export function textSetting(given: Described & { default: string }): Setting<string> {
  return { ...base(given, 'text'), default: given.default, parse: parseText };
}

export function requiredTextSetting(given: Described): Setting<string> {
  return { ...base(given, 'text'), default: undefined, required: true, parse: parseText };
}

/** Without a default: it must be given. Never printed. */
export function secretSetting(given: Described & { minLength: number }): Setting<string> {
  const { minLength } = given;
  return {
    ...base(given, `secret, at least ${minLength} characters`),
    default: undefined,
    required: true,
    secret: true,
    parse(text) {
      if (text.length < minLength) return { fault: `is shorter than ${minLength} characters` };
      // It travels in the header "authorization: Bearer <token>".
      return /^[\x21-\x7e]+$/.test(text) ? { value: text } : { fault: 'has spaces or characters outside ASCII' };
    },
  };
}

/** A secret that may be left out. Never printed. */
export function optionalSecretSetting(given: Described): Setting<string> {
  return { ...base(given, 'secret'), default: '', secret: true, parse: parseText };
}

export function booleanSetting(given: Described & { default: boolean }): Setting<boolean> {
  return {
    ...base(given, 'true or false'),
    default: given.default,
    parse: (text) =>
      text === 'true' || text === 'false' ? { value: text === 'true' } : { fault: 'is neither true nor false' },
  };
}

export function choiceSetting<const C extends string>(
  given: Described & { default: NoInfer<C>; choices: readonly C[] },
): Setting<C> {
  return {
    ...base(given, given.choices.join(' or ')),
    default: given.default,
    parse(text) {
      const value = given.choices.find((choice) => choice === text);
      return value === undefined ? { fault: `is none of ${given.choices.join(', ')}` } : { value };
    },
  };
}

function base(given: Described, type: string) {
  return { type, unit: given.unit, doc: given.doc, required: false, secret: false };
}

function parseText(text: string) {
  return text.length === 0 ? { fault: 'is empty' } : { value: text };
}
