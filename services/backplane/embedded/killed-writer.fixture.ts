/**
 * A process that appends to a backplane until it is killed, and prints "partition number" after each answer.
 * Every value says its partition and its number there, counted on from what the log holds.
 * Arguments: folder, number of partitions, bytes of a value.
 */
import { systemClock } from '../../core/time/clock.ts';
import { openEmbeddedBackplane } from './embedded-backplane.ts';

const [folder = '', partitions, bytes] = process.argv.slice(2);
const partitionCount = Number(partitions);
const backplane = await openEmbeddedBackplane({ folder, partitionCount, clock: systemClock, retentionBytes: 1e9 });

async function write(partition: number, next: { number: number }): Promise<void> {
  for (;;) {
    const number = next.number++;
    await backplane.append(partition, [Buffer.from(`${partition} ${number}`.padEnd(Number(bytes)))]);
    process.stdout.write(`${partition} ${number}\n`);
  }
}

for (let partition = 0; partition < partitionCount; partition++) {
  const next = { number: (await backplane.bounds(partition)).end };
  for (let i = 0; i < 8; i++) void write(partition, next);
}
