/**
 * The whole screen: one pane for each client side by side, or the page of help.
 */
import { Box } from 'ink';
import { Fragment, type ReactElement } from 'react';
import { Border, PaneBox } from '../components/pane.tsx';
import { Lines } from '../components/lines.tsx';
import { panesOf, ruleRows, type Pane } from '../model/layout.ts';
import type { State } from '../model/state.ts';
import { helpLines } from '../view/help-lines.ts';
import type { Paint } from '../view/paint.ts';

export function ChatScreen({ state, paint }: { readonly state: State; readonly paint: Paint }): ReactElement {
  const { columns, rows } = state.size;
  if (state.help !== undefined) {
    const lines = helpLines(state.size, state.help, paint);
    return <Lines x={0} width={columns} height={rows} lines={lines} />;
  }
  const panes = panesOf(state);
  const rulesOf = (pane: Pane | undefined): readonly number[] => {
    const client = pane === undefined ? undefined : state.clients[pane.client];
    return pane === undefined || client === undefined ? [] : ruleRows(pane, client);
  };
  return (
    <Box flexDirection="row">
      {panes.map((pane, index) => {
        const client = state.clients[pane.client];
        if (client === undefined) return null;
        const active = pane.client === state.active;
        return (
          <Fragment key={pane.client}>
            {index > 0 ? (
              <Border
                x={pane.x - 1}
                height={rows}
                paint={paint}
                left={rulesOf(panes[index - 1])}
                right={pane.listWidth > 0 ? [1] : rulesOf(pane)}
              />
            ) : null}
            <PaneBox state={state} client={client} pane={pane} active={active} paint={paint} />
          </Fragment>
        );
      })}
    </Box>
  );
}
