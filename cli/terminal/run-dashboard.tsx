/**
 * Runs the dashboard: measures and log lines bring actions, each action makes a new state, each state a frame.
 */
import { openScreen, type ScreenDevices } from './device/screen.tsx';
import { startDashboard, type ServerRow, type StackFacts } from './dashboard/state.ts';
import { updateDashboard, type DashboardAction } from './dashboard/update-dashboard.ts';
import { DashboardScreen } from './screens/dashboard-screen.tsx';
import { createPaint } from './view/paint.ts';

export interface DashboardRequest extends ScreenDevices {
  readonly stack: StackFacts;
  readonly servers: readonly ServerRow[];
  readonly colours: boolean;
  /** Its user wants the stack to stop. */
  readonly stop: (how: 'quit' | 'interrupt') => void;
}

export interface Dashboard {
  dispatch(action: DashboardAction): void;
  /** Never resolves; rejects with the signal's reason, or with what went wrong. */
  readonly left: Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

const tickMs = 1_000;

export function openDashboard(request: DashboardRequest): Dashboard {
  const { clock, stack, servers } = request;
  const paint = createPaint(request.colours);
  let closed = false;
  const screen = openScreen({
    ...request,
    frame: () => <DashboardScreen state={state} paint={paint} />,
    cursor: () => undefined,
    title: undefined,
    keyboard: {
      key: (key) => dispatch({ kind: 'key', key }),
      paste: () => undefined,
      focus: () => undefined,
    },
    resized: (size) => dispatch({ kind: 'resize', size }),
  });
  let state = startDashboard(stack, { size: screen.size, nowMs: clock.nowMs(), servers });
  const dispatch = (action: DashboardAction): void => {
    if (closed) return;
    screen.guarded(() => {
      const before = state;
      const { state: next, effects } = updateDashboard(state, action);
      state = next;
      for (const effect of effects) {
        if (effect === 'redraw') screen.clear();
        else if (effect === 'suspend') screen.suspend();
        else request.stop(effect);
      }
      if (state !== before) screen.schedule(action.kind === 'key' || action.kind === 'resize' ? 'now' : 'soon');
    });
  };
  const ticks = clock.every(tickMs, () => dispatch({ kind: 'tick', nowMs: clock.nowMs() }));
  screen.schedule('now');

  return {
    dispatch,
    left: screen.left,
    close() {
      closed = true;
      ticks.cancel();
      screen.close();
    },
  };
}
