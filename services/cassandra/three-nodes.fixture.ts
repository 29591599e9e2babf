/**
 * The nodes of the cluster of three, by the pid file of start-cassandra: to kill, to stop, to start again.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodePid, requireEngine } from '../engines.fixture.ts';
import type { CassandraOptions } from './cassandra-options.ts';

export interface ThreeNodes {
  readonly contactPoints: string;
  /** Of a keyspace with a replica on each node. */
  readonly options: Partial<CassandraOptions>;
  /** Node numbers from 1. */
  signal(node: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Goes on with those that were stopped; resolves when all nodes run and see each other. */
  revive(): Promise<void>;
}

/** Waits for nodes as long as a test needs them away. */
export const patient: Partial<CassandraOptions> = { answerMs: 2_000, giveUpMs: 60_000 };
/** Is told soon. */
export const hasty: Partial<CassandraOptions> = { answerMs: 1_000, giveUpMs: 2_000 };

/** The script's nodes have no ring delay: on a busy machine one gives up before the others have answered it. */
const patientGossip = 'JVM_OPTS=-Dcassandra.ring_delay_ms=10000';

export function threeNodes(): ThreeNodes {
  const contactPoints = requireEngine('CECOCHAT_TEST_CASSANDRA3');
  const data = requireEngine('CECOCHAT_TEST_CASSANDRA3_DATA');
  const engines = requireEngine('CECOCHAT_TEST_ENGINES');
  const port = /:(\d+)$/.exec(contactPoints)?.[1] ?? '';
  const signal: ThreeNodes['signal'] = async (node, name) => {
    try {
      process.kill(await nodePid(data, node), name);
    } catch (error) {
      // One that was killed need not go on.
      if (name !== 'SIGCONT') throw error;
    }
  };
  return {
    contactPoints,
    options: { replication: { strategy: 'SimpleStrategy', replicas: 3 } },
    signal,
    async revive() {
      for (const node of [1, 2, 3]) await signal(node, 'SIGCONT');
      const options = ['--nodes', '3', '--port', port, '--data', data, '--commitlog-sync', 'group'];
      await promisify(execFile)('env', [patientGossip, join(engines, 'start-cassandra'), ...options]);
    },
  };
}
