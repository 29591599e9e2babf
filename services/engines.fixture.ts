/**
 * Where the real engines of the infra tests are. A missing one fails the test: it never skips.
 */
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
