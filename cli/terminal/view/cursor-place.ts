/**
 * A place on the screen; the top left corner is 0, 0.
 */
export interface CursorPlace {
  readonly row: number;
  readonly column: number;
}
