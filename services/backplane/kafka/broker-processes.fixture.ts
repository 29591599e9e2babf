/**
 * The processes of the three-broker cluster, by the pid file of start-kafka: to kill, to stop, to start again.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodePid, requireEngine } from '../../engines.fixture.ts';

export interface BrokerProcesses {
  readonly brokers: readonly string[];
  /** Node numbers from 1. */
  signal(node: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Resolves when all brokers run and see each other. */
  revive(): Promise<void>;
}

export function threeBrokers(): BrokerProcesses {
  const brokers = requireEngine('CECOCHAT_TEST_KAFKA3').split(',');
  const data = requireEngine('CECOCHAT_TEST_KAFKA3_DATA');
  const engines = requireEngine('CECOCHAT_TEST_ENGINES');
  const port = brokers[0]?.split(':')[1] ?? '';
  return {
    brokers,
    async signal(node, signal) {
      process.kill(await nodePid(data, node), signal);
    },
    async revive() {
      const options = ['--brokers', String(brokers.length), '--port', port, '--data', data];
      await promisify(execFile)(join(engines, 'start-kafka'), options);
    },
  };
}
