/**
 * What a full-screen program needs of its process: to be stopped and continued by the shell, and to give the
 * terminal back however the process ends.
 */
export interface TerminalHost {
  /** Stops the process, and whoever waits for it, as Ctrl-Z does; resolves when the shell continues it. */
  suspend(): Promise<void>;
  /** Interrupts the process as Ctrl-C does, for who reads keys himself. */
  interrupt(): void;
  /** `restore` is called before the process ends by a signal, an error that nobody caught, or an exit. */
  guard(restore: () => void): Disposable;
}

const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function terminalHost(process: NodeJS.Process): TerminalHost {
  return {
    suspend: () =>
      new Promise((resolve) => {
        process.once('SIGCONT', () => resolve());
        process.kill(0, 'SIGTSTP');
      }),
    interrupt: () => void process.kill(process.pid, 'SIGINT'),
    guard(restore) {
      const onEvent = (): void => restore();
      // Said before the error is printed, so that it is read on the ordinary screen.
      process.on('uncaughtExceptionMonitor', onEvent);
      process.on('exit', onEvent);
      // Also keeps libraries from ending the process by the signal before this program has cleaned up.
      for (const name of deadly) process.on(name, onEvent);
      return {
        [Symbol.dispose]() {
          process.off('uncaughtExceptionMonitor', onEvent);
          process.off('exit', onEvent);
          for (const name of deadly) process.off(name, onEvent);
        },
      };
    },
  };
}
