/**
 * A process that holds the data folder named by its argument until it is killed.
 */
import { openLmdbFolder } from './lmdb-folder.ts';

await openLmdbFolder({ folder: process.argv[2] ?? '', kind: 'test', fixed: { size: 3 } });
process.stdout.write('holding\n');
process.stdin.resume();
setImmediate(function stay() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
