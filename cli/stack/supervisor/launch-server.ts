/**
 * What the supervisor needs of processes: to launch one for a server, hear of it, and signal it.
 */
import type { EngineName, StackMessage } from '../process/stack-message.ts';
import type { StackServer } from '../stack-files.ts';

/** "messaging-s1", "profile": as the server names itself in its log. */
export function unitName({ name, serverId }: Pick<StackServer, 'name' | 'serverId'>): string {
  return serverId === name ? name : `${name}-${serverId}`;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it wrote outside its log; why it could not be started. */
  readonly output: string;
}

export interface ProcessEvents {
  message(message: StackMessage): void;
  /** Once; nothing follows it. */
  ended(end: ProcessEnd): void;
}

export interface LaunchedServer {
  /** Undefined when it could not be started: its end follows. */
  readonly pid: number | undefined;
  /** Start time as the system counts it. */
  readonly processStart: Promise<string>;
  /** An engine may be opened. */
  announce(engine: EngineName): void;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export type LaunchServer = (server: StackServer, events: ProcessEvents) => LaunchedServer;
