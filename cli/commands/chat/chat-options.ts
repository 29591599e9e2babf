/**
 * What `chat` was called with.
 */
export interface ChatOptions {
  readonly as: readonly string[];
  readonly name: string;
  readonly with?: string;
  readonly plain?: boolean;
  readonly bell?: boolean;
  readonly title?: boolean;
}
