/**
 * The dashboard as one pane.
 */
import type { ReactElement } from 'react';
import { Lines } from '../components/lines.tsx';
import { dashboardLines } from '../dashboard/dashboard-lines.ts';
import type { DashboardState } from '../dashboard/state.ts';
import type { Paint } from '../view/paint.ts';

export function DashboardScreen({
  state,
  paint,
}: {
  readonly state: DashboardState;
  readonly paint: Paint;
}): ReactElement {
  const { columns, rows } = state.size;
  return <Lines x={0} width={columns} height={rows} lines={dashboardLines(state, paint)} />;
}
