/**
 * Where the real engines of the infra tests are. A missing one fails the test: it never skips.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type EngineVariable =
  | 'CECOCHAT_TEST_KAFKA'
  | 'CECOCHAT_TEST_KAFKA3'
  | 'CECOCHAT_TEST_KAFKA3_DATA'
  | 'CECOCHAT_TEST_ENGINES'
  | 'CECOCHAT_TEST_CASSANDRA'
  | 'CECOCHAT_TEST_CASSANDRA3'
  | 'CECOCHAT_TEST_CASSANDRA3_DATA'
  | 'CECOCHAT_TEST_REDIS';

export function requireEngine(name: EngineVariable): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: .checks/infra.ts starts the engines and sets it`);
  return value;
}

/** Of a node that start-kafka or start-cassandra started on this folder; nodes count from 1. */
export async function nodePid(folder: string, node: number): Promise<number> {
  const lines = (await readFile(join(folder, 'pids'), 'utf8')).split('\n').map((line) => line.split(' '));
  const pid = Number(lines.find(([number]) => number === String(node))?.[1]);
  if (!Number.isInteger(pid)) throw new Error(`${folder} knows no pid of node ${node}`);
  return pid;
}
