/**
 * npm run test:infra: tests against real engines. There are none yet, and saying so is not a pass.
 */
console.error(
  'test:infra: no suite against real engines (Kafka, Cassandra, Redis) exists yet; the embedded engines are covered by npm test',
);
process.exitCode = 1;
