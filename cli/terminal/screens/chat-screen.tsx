/**
 * The whole screen: one pane for each client side by side, or the page of help.
 */
import { Box } from 'ink';
import { Fragment, type ReactElement } from 'react';
import { Border, PaneBox } from '../components/pane.tsx';
import { Lines } from '../components/lines.tsx';
import { panesOf } from '../model/layout.ts';
import type { State } from '../model/state.ts';
import { helpLines } from '../view/help-lines.ts';
import type { Paint } from '../view/paint.ts';

export function ChatScreen({ state, paint }: { readonly state: State; readonly paint: Paint }): ReactElement {
  const { columns, rows } = state.size;
  if (state.help) {
    const lines = helpLines({ width: columns, height: rows }, paint);
    return <Lines x={0} width={columns} height={rows} lines={lines} />;
  }
  return (
    <Box flexDirection="row">
      {panesOf(state).map((pane, index) => {
        const client = state.clients[pane.client];
        if (client === undefined) return null;
        const active = pane.client === state.active;
        return (
          <Fragment key={pane.client}>
            {index > 0 ? <Border x={pane.x - 1} height={rows} paint={paint} joint={pane.rules} /> : null}
            <PaneBox state={state} client={client} pane={pane} active={active} paint={paint} />
          </Fragment>
        );
      })}
    </Box>
  );
}
