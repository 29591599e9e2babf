/**
 * What a command may say while it works. Results and stream events go to stdout, progress and warnings to
 * stderr; with `--json` stdout carries JSON only, one value a line, and people's text is left out.
 */
export interface CommandOutput {
  readonly json: boolean;
  /** Colours for stdout; they leave text as it is unless stdout is a TTY and neither NO_COLOR nor CI is set. */
  readonly colours: Colours;
  /** One line on stderr for people ("waiting for messaging s1"); nothing with `--json`. */
  progress(line: string): void;
  /** One line on stderr; with `--json` an entry of the envelope's `warnings` instead. */
  warn(line: string): void;
  /**
   * One event of a stream on stdout: with `--json` {"schemaVersion","command","event","data"}, else `text` when
   * given. Resolves when stdout takes more, so that a slow reader slows the command down.
   */
  event(event: StreamEvent): Promise<void>;
  /**
   * Keeps lines on the terminal of stderr up to date, below all else that is printed, until the command ends or
   * they are closed. Undefined where nothing can be redrawn: no terminal, `--json`, CI, NO_COLOR, TERM=dumb.
   */
  live(frame: Frame): { close(): void } | undefined;
}

/** Lines of at most `columns` characters, at most `rows` of them; colour codes do not count. */
export type Frame = (size: FrameSize) => readonly string[];

export interface FrameSize {
  readonly columns: number;
  /** Infinity for the last frame, which stays and may scroll. */
  readonly rows: number;
  /** Of stderr. */
  readonly colours: Colours;
}

export interface StreamEvent {
  /** Kind of the event: "message", "log", "change" ... */
  readonly event: string;
  /** Plain JSON, described by cli/output/schema/<command>.event.json. */
  readonly data: object;
  readonly text?: string;
}

export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}
