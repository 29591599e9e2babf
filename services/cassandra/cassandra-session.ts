/**
 * What the databases on Cassandra use of a session. Statements are prepared and idempotent, run at LOCAL_QUORUM,
 * are bounded in number at a time and tried again until they succeed or are given up.
 */
import type { Row } from './row-values.ts';

export type Value =
  | string
  | number
  | bigint
  | boolean
  | Buffer
  | ReadonlyMap<number, string | bigint>
  | readonly number[]
  | readonly string[];

export interface Statement {
  readonly query: string;
  readonly params: readonly Value[];
}

/** One version of a component's schema: statements that may be run again. */
export interface SchemaStep {
  readonly version: number;
  readonly statements: readonly string[];
}

export interface Schema {
  /** "history" */
  readonly component: string;
  /** Versions 1, 2, 3 … */
  readonly steps: readonly SchemaStep[];
}

export interface Conditional {
  readonly applied: boolean;
  /** What stands there instead when it was not applied; undefined when nothing does. */
  readonly row: Row | undefined;
  /** An earlier try has no known outcome: it may be the one that was applied. */
  readonly isRetried: boolean;
}

export interface CassandraSession extends AsyncDisposable {
  readonly keyspace: string;
  /** What an answered write survives. */
  readonly durability: string;
  /** All rows, page by page. Errors: engine.unavailable. */
  read(statement: Statement): Promise<readonly Row[]>;
  /** One row, after every conditional write that was answered or is half done. Errors: engine.unavailable. */
  readSerial(statement: Statement): Promise<Row | undefined>;
  /** To one Cassandra partition: all or nothing. Errors: engine.unavailable. */
  write(statements: readonly Statement[]): Promise<void>;
  /**
   * The same, where the values may be at fault; by the node that an earlier refusal names when it is given.
   * Errors: engine.unavailable; StatementRefused.
   */
  tryWrite(statements: readonly Statement[], node?: string): Promise<void>;
  /** A lightweight transaction (SERIAL over all data centres). Errors: engine.unavailable. */
  conditional(statement: Statement): Promise<Conditional>;
  /** Brings a component's tables to the newest version. Errors: data.newer, engine.unavailable. */
  migrate(schema: Schema): Promise<void>;
}
