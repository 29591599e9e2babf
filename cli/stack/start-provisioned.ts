/**
 * Starts a stack together with its engines: the servers' process starts once their containers run and opens each one as
 * soon as it is healthy. When either fails, both are taken away again, unless they are to be kept. Servers that run
 * while one of their engines is only started again find it by themselves.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Invocation } from '../commands/command.ts';
import { messageFrom } from '../../services/core/thrown.ts';
import type { StackFolders } from './folders.ts';
import { awaitRecovery, canRecover } from './await-recovery.ts';
import { inspectStack, type StackInspection } from './inspect-stack.ts';
import { clearAway, launchServers, type LaunchServers } from './launch-servers.ts';
import { EnginesUp } from './process/engine-gate.ts';
import { engineNames } from './process/stack-message.ts';
import type { Report } from './part-report.ts';
import type { Provision, ProvisionPlan } from './provision.ts';
import { reportServers, type ServerReports } from './server-reports.ts';
import { readEngines, writeEngines } from './state.ts';

export interface ProvisionedStart extends Omit<LaunchServers, 'enginesUp' | 'reports'> {
  readonly folders: StackFolders;
  readonly before: StackInspection;
  readonly provision: Provision;
  readonly report: Report;
}

export interface Started {
  /** The servers were started; those that run well over unchanged engines are left alone. */
  readonly isNew: boolean;
  /** They were not, but an engine of theirs was. */
  readonly isRepaired: boolean;
}

export async function startProvisioned(invocation: Invocation, request: ProvisionedStart): Promise<Started> {
  const { environment } = invocation;
  const { name, provision, timeoutMs, keep, report } = request;
  const { clock } = environment;
  const failed = new AbortController();
  const timer = clock.after(timeoutMs, () => failed.abort(tooLate(name, timeoutMs)));
  const signal = AbortSignal.any([environment.signal, failed.signal]);
  const enginesUp = new EnginesUp();
  let reports: ServerReports | undefined;
  let servers: Promise<void> | undefined;
  let launch: (() => void) | undefined;
  let isRepair = false;
  const notStarted = new Set<string>(engineNames);
  let undo: (() => Promise<void>) | undefined;
  /** Ends the servers that were found; `launch` starts others. */
  const prepare = async (found: StackInspection): Promise<void> => {
    await clearAway(invocation, found);
    const launching = { ...invocation, environment: { ...environment, signal } };
    const told = reportServers(report, true);
    reports = told;
    launch = () => {
      servers = launchServers(launching, { ...request, enginesUp, reports: told });
      servers.catch((error: unknown) => failed.abort(error));
    };
  };
  try {
    undo = await provision.run({
      signal,
      onUp: (engine) => {
        const known = engineNames.find((each) => each === engine);
        if (known === undefined) return;
        reports?.engineUp(known);
        enginesUp.announce(known);
      },
      // Not before: loading the servers would hold up the engines, which take longer.
      onStarted: (engine) => {
        if (notStarted.delete(engine) && notStarted.size === 0) launch?.();
      },
      onPlanned: async (plan) => {
        const need = await needServers(request, plan);
        if (need === 'none') report({ part: 'servers', step: 'keep', detail: '' });
        else if (need === 'new') await prepare(request.before);
        else isRepair = true;
      },
    });
    if (isRepair && !(await haveRecovered(invocation, { name, report, signal }))) {
      await prepare(await inspectStack(environment, name));
      launch?.();
    }
    await servers;
    return { isNew: servers !== undefined, isRepaired: isRepair && servers === undefined };
  } catch (error) {
    failed.abort(error);
    await servers?.catch(() => undefined);
    if (!keep) {
      await undo?.().catch((problem: unknown) =>
        invocation.output.warn(`containers are left: ${messageFrom(problem)}`),
      );
    }
    throw error;
  } finally {
    timer.cancel();
  }
}

/** Whether the servers that go on find their engines again; reported. */
async function haveRecovered(
  { environment }: Invocation,
  { name, report, signal }: { readonly name: string; readonly report: Report; readonly signal: AbortSignal },
): Promise<boolean> {
  report({ part: 'servers', step: 'health', detail: 'they look for their engines' });
  const look = (): Promise<StackInspection> => inspectStack(environment, name);
  const isReady = await awaitRecovery({ clock: environment.clock, signal, look });
  if (isReady) report({ part: 'servers', step: 'ready', detail: '' });
  return isReady;
}

/** none: they are as they should be; same: those that run find the engine again; new: they are started. */
async function needServers(
  { folders, before }: ProvisionedStart,
  { engines, isChange, isMade }: ProvisionPlan,
): Promise<'none' | 'same' | 'new'> {
  const known = await readEngines(folders).catch(() => undefined);
  const isSame = JSON.stringify(known?.settings) === JSON.stringify(engines.settings);
  await writeEngines(folders, engines);
  if (!isChange && isSame && before.condition === 'ready') return 'none';
  return isChange && !isMade && isSame && canRecover(before) ? 'same' : 'new';
}

function tooLate(name: string, timeoutMs: number): CecochatError {
  return new CecochatError('timed.out', `stack "${name}" was not ready after ${timeoutMs} ms`, {
    hint: 'give it longer with --timeout, or look at it with --keep and "cecochat status"',
  });
}
