/**
 * Whether the messaging servers of a stack hold what the configuration gives them, and serve it.
 */
import { CecochatError } from '../../services/core/errors.ts';
import type { Clock } from '../../services/core/time/clock.ts';
import { callHttp, field, textField } from '../client/http-json.ts';
import { checkServers } from './health.ts';
import type { StackServer } from './stack-files.ts';

export interface Settling {
  readonly configuratorUrl: string;
  readonly adminToken: string;
  readonly servers: readonly StackServer[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is waited for, whenever it was looked at. */
  readonly waiting?: (reasons: readonly string[]) => void;
}

const pollMs = 25;

/** Error: the signal's reason. */
export async function untilSettled(settling: Settling): Promise<void> {
  const { clock, signal, waiting } = settling;
  for (;;) {
    const reasons = await unsettled(settling);
    if (reasons.length === 0) return;
    waiting?.(reasons);
    await clock.sleep(pollMs, signal);
  }
}

/** What is not as it should be, in words. */
async function unsettled({ configuratorUrl, adminToken, servers, signal }: Settling): Promise<string[]> {
  let answer: unknown;
  try {
    answer = await callHttp({ url: `${configuratorUrl}/api/servers`, method: 'GET', token: adminToken, signal });
  } catch (error) {
    if (error instanceof CecochatError && error.code === 'engine.unavailable') return [error.message];
    throw error;
  }
  const list = field(answer, 'servers');
  const own = new Set(servers.filter(({ name }) => name === 'messaging').map(({ serverId }) => serverId));
  const moving = (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
    const id = textField(one, 'serverId') ?? '';
    const [assigned, held] = [textField(one, 'assigned') ?? '', textField(one, 'held') ?? ''];
    return own.has(id) && assigned !== held
      ? [`${id} has ${held || 'no'} of its partitions ${assigned || '(none)'}`]
      : [];
  });
  if (moving.length > 0) return moving;
  const health = await checkServers(servers, signal);
  return health
    .filter(({ state }) => state !== 'ready')
    .map(({ server, reasons }) => `${server.serverId}: ${reasons.join(', ')}`);
}
