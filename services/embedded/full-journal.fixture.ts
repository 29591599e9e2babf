/**
 * Appends 20 KB at a time to a journal in the folder named by its argument until it was refused twice, then something
 * small, and prints how many were appended and the refusals. To be run under a limit of file size.
 */
import { openJournalFiles } from './journal-files.ts';

await using journal = openJournalFiles(process.argv[2] ?? '');
const refusals: string[] = [];
let appended = 0;
while (refusals.length < 2) {
  try {
    await journal.append(Buffer.alloc(20_000, appended + 1));
    appended += 1;
  } catch (error) {
    refusals.push(String(error));
  }
}
await journal.append(Buffer.from('small'));
process.stdout.write(`${JSON.stringify({ appended, refusals })}\n`);
