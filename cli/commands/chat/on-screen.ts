/**
 * Wires the terminal client: users, their connections, the screen.
 */
import type { Peer, ServerEffect } from '../../terminal/network/peer.ts';
import { startState } from '../../terminal/model/start.ts';
import { openTerminal, type Terminal } from '../../terminal/run-terminal.tsx';
import type { EarlyKeys } from '../../terminal/device/early-keys.ts';
import type { TerminalHost } from '../../terminal-host.ts';
import type { Environment } from '../environment.ts';
import type { ChatOptions } from './chat-options.ts';
import type { ChatUser } from './open-users.ts';

export interface OnScreen {
  readonly options: ChatOptions;
  readonly users: readonly ChatUser[];
  readonly host: TerminalHost;
  /** What was typed meanwhile. */
  readonly typed: EarlyKeys;
}

export async function chatOnScreen(environment: Environment, { options, users, host, typed }: OnScreen): Promise<void> {
  const { stdin, stdout, clock, random, env } = environment;
  const life = new AbortController();
  const signal = AbortSignal.any([environment.signal, life.signal]);
  let peers: readonly Peer[] | undefined;
  /** Wanted before there was anybody to carry it out. */
  const early: ServerEffect[] = [];
  const noColor = env['NO_COLOR'];
  typed.handOver();
  const terminal: Terminal = openTerminal({
    stdin,
    stdout,
    host,
    clock,
    signal: environment.signal,
    state: startState(
      users.map(({ access, with: partner }) => ({
        userId: access.session.userId,
        name: access.session.name,
        with: partner,
      })),
      { nowMs: clock.nowMs(), stackName: options.name },
    ),
    colours: noColor === undefined || noColor === '',
    bell: options.bell === true,
    title: options.title === true,
    carryOut(effect) {
      if (peers === undefined) early.push(effect);
      else peers[effect.client]?.run(effect);
    },
    rttMs: () => peers?.map((peer) => peer.rttMs) ?? [],
  });
  try {
    // Loaded while the first frame is on the screen already.
    const { openPeer } = await import('../../terminal/network/peer.ts');
    peers = users.map(({ access, findName }, client) =>
      openPeer({
        session: access.session,
        connectUrl: access.stack.connectUrl,
        clock,
        random,
        findUser: (name) => access.userId(name),
        findName,
        tell: (event) => terminal.dispatch({ kind: 'network', client, event }),
        signal,
      }),
    );
    for (const effect of early) peers[effect.client]?.run(effect);
    await Promise.race([terminal.left, ...peers.map((peer) => peer.ended)]);
  } finally {
    terminal.close();
    await Promise.all((peers ?? []).map((peer) => peer.close()));
    life.abort();
  }
}
