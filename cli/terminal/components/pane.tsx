/**
 * One client: its chats, the open chat, its status line.
 */
import { Box } from 'ink';
import type { ReactElement } from 'react';
import { ruleRows } from '../model/layout.ts';
import { openChatOf } from '../model/state.ts';
import {
  chatHead,
  composerRule,
  composerView,
  listHead,
  promptView,
  statusLine,
  type PaneView,
} from '../view/frame-lines.ts';
import { listLines } from '../view/list-lines.ts';
import { messageLines } from '../view/message-lines.ts';
import { emptyLine, type Line } from '../view/paint.ts';
import { Lines } from './lines.tsx';

export function PaneBox(view: PaneView): ReactElement {
  const { client, pane, paint } = view;
  const both = pane.listWidth > 0 && pane.chatWidth > 0;
  const prompt = view.active ? client.prompt : undefined;
  const last = prompt === undefined ? statusLine(view) : promptView(prompt, pane.width, paint).line;
  return (
    <Box flexDirection="column">
      <Box flexDirection="row">
        {pane.listWidth > 0 ? <ChatList {...view} /> : null}
        {both ? (
          <Border
            x={pane.x + pane.listWidth}
            height={pane.height - 1}
            paint={paint}
            left={pane.rules ? [1] : []}
            right={ruleRows(pane, client)}
          />
        ) : null}
        {pane.chatWidth > 0 ? <OpenChat {...view} /> : null}
      </Box>
      <Lines x={pane.x} width={pane.width} height={1} lines={[last]} />
    </Box>
  );
}

function ChatList(view: PaneView): ReactElement {
  const { state, client, pane, active, paint } = view;
  const height = pane.bodyHeight;
  const width = pane.listWidth;
  const focused = active && client.focus === 'list';
  const rows = listLines({ client, nowMs: state.nowMs, width, height, focused, paint });
  const lines = [...listHead(view), ...rows];
  return <Lines x={pane.x} width={width} height={pane.height - 1} lines={lines} />;
}

function OpenChat(view: PaneView): ReactElement {
  const { client, pane, paint } = view;
  const chat = openChatOf(client);
  const x = pane.x + (pane.listWidth > 0 ? pane.listWidth + 1 : 0);
  const lines: readonly Line[] =
    chat === undefined
      ? [
          ...chatHead(view),
          emptyLine,
          { ...emptyLine, left: paint.dim(' Choose a chat with ↑ ↓ and Enter, or press n.') },
        ]
      : [
          ...chatHead(view),
          ...messageLines({ client, chat, pane, paint }),
          ...composerRule(view),
          ...composerView(view).lines,
        ];
  return <Lines x={x} width={pane.chatWidth} height={pane.height - 1} lines={lines} />;
}

/** The line between two panes; rules of its left and right side run into it. */
export function Border(props: {
  readonly x: number;
  readonly height: number;
  readonly paint: PaneView['paint'];
  readonly left: readonly number[];
  readonly right: readonly number[];
}): ReactElement {
  const { x, height, paint, left, right } = props;
  const lines = Array.from({ length: height }, (_, row) => {
    const sides = (left.includes(row) ? 1 : 0) + (right.includes(row) ? 2 : 0);
    return { ...emptyLine, left: paint.dim(['│', '┤', '├', '┼'][sides] ?? '│') };
  });
  return <Lines x={x} width={1} height={height} lines={lines} />;
}
