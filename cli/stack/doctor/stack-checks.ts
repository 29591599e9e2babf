/**
 * Ports, and what earlier stacks left.
 */
import { CecochatError } from '../../../services/core/errors.ts';
import { messageFrom } from '../../../services/core/thrown.ts';
import type { Environment } from '../../commands/environment.ts';
import { stackFolders } from '../folders.ts';
import { inspectStack, refuseOrphan } from '../inspect-stack.ts';
import { portHolder } from '../port-holder.ts';
import { firstPortBase, isFree, portNames, portOffset, usualMessaging } from '../ports.ts';
import { listStackNames } from '../stack-list.ts';
import { readPorts } from '../state.ts';
import type { Finding } from './checks.ts';

/** Ports of a running stack are busy, as they should be. */
export async function checkPorts(environment: Environment): Promise<Finding[]> {
  const found = await inspectStack(environment, 'default').catch(() => undefined);
  if (found !== undefined && ['ready', 'starting', 'unhealthy'].includes(found.condition)) {
    return [{ check: 'ports', state: 'ok', message: 'in use by the stack "default"', fix: null }];
  }
  const remembered = (await readPorts(stackFolders(environment, 'default')).catch(() => undefined))?.ports ?? {};
  const busy: string[] = [];
  for (const name of portNames(usualMessaging)) {
    const port = remembered[name] ?? firstPortBase + portOffset(name);
    if (!(await isFree('127.0.0.1', port))) {
      const holder = await portHolder(port);
      busy.push(`${port}${holder === undefined ? '' : ` (${holder})`}`);
    }
  }
  return busy.length === 0
    ? [{ check: 'ports', state: 'ok', message: 'the ports of the stack "default" are free', fix: null }]
    : [
        {
          check: 'ports',
          state: 'info',
          message: `busy: ${busy.join(', ')}; "up" takes others and says which`,
          fix: 'cecochat up --port-base <port>, or stop who holds them',
        },
      ];
}

export async function checkStacks(environment: Environment): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await listStackNames(environment)) {
    findings.push(await checkStack(environment, name));
  }
  return findings.length === 0 ? [{ check: 'stacks', state: 'info', message: 'none yet', fix: null }] : findings;
}

async function checkStack(environment: Environment, name: string): Promise<Finding> {
  const check = `stack ${name}`;
  const argument = name === 'default' ? '' : ` --name ${name}`;
  try {
    const found = await inspectStack(environment, name);
    refuseOrphan(found);
    const { condition, state } = found;
    switch (condition) {
      case 'ready':
        return {
          check,
          state: 'ok',
          message: state?.hosting === 'containers' ? 'runs in containers' : `runs as process ${state?.pid}`,
          fix: null,
        };
      case 'absent':
      case 'stopped':
        return { check, state: 'info', message: 'is stopped', fix: null };
      case 'dead':
        return {
          check,
          state: 'warning',
          message:
            state?.hosting === 'containers'
              ? 'none of its servers answers'
              : `its process ${state?.pid} ended without a word`,
          fix: `cecochat up${argument}`,
        };
      case 'starting':
      case 'unhealthy':
        return {
          check,
          state: 'warning',
          message: `is ${condition}`,
          fix: `cecochat status${argument}; cecochat up${argument} repairs it`,
        };
    }
  } catch (error) {
    const message = messageFrom(error);
    const hint = error instanceof CecochatError ? error.hint : undefined;
    return { check, state: 'failed', message, fix: hint ?? `cecochat down${argument} --volumes deletes this stack` };
  }
}
