/**
 * Appends to a backplane in the folder named by its argument until one is refused, prints the refusal, and goes on
 * trying until one is taken; then prints how many were. To be run under a soft limit of file size that only LMDB's file
 * reaches, and that somebody lifts after the first line.
 */
import { messageFrom } from '../../core/thrown.ts';
import { systemClock } from '../../core/time/clock.ts';
import { openEmbeddedBackplane } from './embedded-backplane.ts';

// Otherwise it ends the process.
process.on('SIGXFSZ', () => undefined);
await using backplane = await openEmbeddedBackplane({
  folder: process.argv[2] ?? '',
  partitionCount: 2,
  clock: systemClock,
});
let taken = 0;
const append = async (): Promise<unknown> => {
  const value = Buffer.from(String(taken).padEnd(50_000));
  const error = await backplane.append(taken % 2, [value]).then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  if (error === undefined) taken += 1;
  return error;
};
let refusal: unknown;
while ((refusal = await append()) === undefined);
process.stdout.write(`${JSON.stringify({ taken, refusal: messageFrom(refusal) })}\n`);
while ((await append()) !== undefined) await systemClock.sleep(50);
process.stdout.write(`${JSON.stringify({ taken })}\n`);
