/**
 * Names of dead letters, for people: "<partition>.<offset>.<incarnation>".
 */
import type { DeadLetterPlace } from '../backplane/dead-letters.ts';

export function formatPlace({ partition, position }: DeadLetterPlace): string {
  return `${partition}.${position.offset}.${position.incarnation}`;
}

/** Undefined for what is none. */
export function parsePlace(id: string): DeadLetterPlace | undefined {
  const [, partition, offset, incarnation] = /^(\d{1,9})\.(\d{1,14})\.([0-9a-zA-Z-]{1,64})$/.exec(id) ?? [];
  if (partition === undefined || offset === undefined || incarnation === undefined) return undefined;
  return { partition: Number(partition), position: { incarnation, offset: Number(offset) } };
}
