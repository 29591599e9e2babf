/**
 * The checks of this machine. Each is bounded in time and never throws: what cannot be learned is said.
 */
import { messageFrom } from '../../../services/core/thrown.ts';
import type { Environment } from '../../commands/environment.ts';
import { describeAbsence, searchEngine, startCommand } from '../docker/engine/find-engine.ts';
import { checkDisk, checkStateFolder } from './disk-checks.ts';
import { checkNode, checkOpenFiles } from './process-checks.ts';
import { checkPorts, checkStacks } from './stack-checks.ts';

export interface Finding {
  readonly check: string;
  /** info and ok need nothing; warning may bite; failed must be fixed before cecochat works. */
  readonly state: 'ok' | 'info' | 'warning' | 'failed';
  readonly message: string;
  readonly fix: string | null;
}

export type Check = (environment: Environment) => Promise<Finding[]>;

const checkLimitMs = 10_000;

export async function runChecks(environment: Environment): Promise<Finding[]> {
  const checks: readonly (readonly [string, Check])[] = [
    ['node', checkNode],
    ['open files', checkOpenFiles],
    ['state folder', checkStateFolder],
    ['disk', checkDisk],
    ['ports', checkPorts],
    ['stacks', checkStacks],
    ['docker', checkDocker],
  ];
  const findings: Finding[] = [];
  // One after the other: the fsync time is not to measure the other checks.
  for (const [name, check] of checks) {
    findings.push(...(await bounded({ name, check, environment })));
  }
  environment.signal.throwIfAborted();
  return findings;
}

async function bounded({
  name,
  check,
  environment,
}: {
  name: string;
  check: Check;
  environment: Environment;
}): Promise<Finding[]> {
  const stop = new AbortController();
  const limit = environment.clock
    .sleep(checkLimitMs, stop.signal)
    .then((): Finding[] => [
      { check: name, state: 'warning', message: `no result after ${checkLimitMs} ms`, fix: null },
    ]);
  limit.catch(() => undefined);
  try {
    return await Promise.race([check(environment), limit]);
  } catch (error) {
    const message = `cannot be checked: ${messageFrom(error)}`;
    return [{ check: name, state: 'warning', message, fix: null }];
  } finally {
    stop.abort();
  }
}

async function checkDocker(environment: Environment): Promise<Finding[]> {
  const search = await searchEngine(environment);
  const { found, silent } = search;
  const check = 'docker';
  if (found === undefined) {
    const message = `${describeAbsence(search)}; the embedded stack needs none`;
    return [{ check, state: 'info', message, fix: startCommand() }];
  }
  const { address, apiVersion } = found;
  const passed = silent.map(({ address: other, reason }) => `${other.url} (${other.origin}): ${reason}`);
  const others = passed.length === 0 ? '' : `; not used: ${passed.join(', ')}`;
  const message = `the engine at ${address.url} (${address.origin}, API ${apiVersion}) is used${others}`;
  return [{ check, state: 'ok', message, fix: null }];
}
