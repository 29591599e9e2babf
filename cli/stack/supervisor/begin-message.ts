/**
 * What the supervisor tells a server's process first. It holds secrets, so it comes by the channel between them and
 * not in arguments, which everybody may read.
 */
import type { StackUser } from '../stack-files.ts';

export interface Begin {
  readonly kind: 'begin';
  /** "messaging-s1": its log is `<unit>.log`. */
  readonly unit: string;
  readonly logFolder: string;
  /** By setting name; those of the engines apart, as the stack keeps them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  /** What is made when it is missing. */
  readonly users: readonly StackUser[];
  readonly messagingServerIds: readonly string[];
}

/** undefined for anything else. */
export function parseBegin(value: unknown): Begin | undefined {
  if (!isFields(value) || value['kind'] !== 'begin') return undefined;
  const { unit, logFolder, settings, engines, users, messagingServerIds } = value;
  if (typeof unit !== 'string' || typeof logFolder !== 'string' || !isTexts(settings) || !isTexts(engines)) {
    return undefined;
  }
  const isList = Array.isArray(users) && users.every(isUser) && Array.isArray(messagingServerIds);
  return isList
    ? { kind: 'begin', unit, logFolder, settings, engines, users, messagingServerIds: messagingServerIds.map(String) }
    : undefined;
}

function isUser(value: unknown): value is StackUser {
  return isTexts(value) && ['name', 'userId', 'password'].every((name) => Object.hasOwn(value, name));
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
