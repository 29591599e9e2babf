/**
 * Why the sending of lines stopped, and what became of them, as far as that is known: the last word of the command.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import type { LinesSent } from './send-lines.ts';

export function stopped(failure: Error, { sent, tried, stoppedAt }: Omit<LinesSent, 'failure'>): Error {
  if (!(failure instanceof CecochatError)) return failure;
  const { code, message, hint, data, cause } = failure;
  const isCutShort = code === 'interrupted' || code === 'timed.out';
  const open = isCutShort && tried > sent ? `, ${tried - sent} more may arrive all the same` : '';
  return new CecochatError(code, `${message}; ${counted(sent)} sent${open}, nothing from line ${stoppedAt} on`, {
    ...(hint === undefined ? {} : { hint }),
    data: { ...data, sent: String(sent), unsentFromLine: String(stoppedAt) },
    cause,
  });
}

export function counted(messages: number): string {
  return `${messages} message${messages === 1 ? '' : 's'}`;
}
