/**
 * The child's end of the channel between `up` and the stack's process.
 */
import type { ParentChannel } from '../../commands/environment.ts';

/** The part of `process` that a child started with an IPC channel has. */
interface ChildProcessSide {
  readonly connected?: boolean;
  send?(message: object, done?: (error: Error | null) => void): boolean;
  disconnect?(): void;
  once(event: 'disconnect', work: () => void): unknown;
  on(event: 'message', work: (message: unknown) => void): unknown;
}

export function parentChannel(child: ChildProcessSide): ParentChannel {
  return {
    send: (message) => {
      if (child.connected === true) {
        // A parent that went away meanwhile is noticed by onGone.
        child.send?.(message, () => undefined);
      }
    },
    onMessage: (work) => void child.on('message', work),
    onGone: (work) => {
      // It may have gone while this program was being loaded.
      if (child.connected === true) child.once('disconnect', work);
      else queueMicrotask(work);
    },
    close: () => {
      if (child.connected === true) {
        child.disconnect?.();
      }
    },
  };
}
