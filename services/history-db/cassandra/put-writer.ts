/**
 * Sends puts, those to one Cassandra partition together and all others side by side, as many at a time as the
 * session allows. Stops at the first failure. When puts are refused, finds the rows at fault: a row is at fault
 * when a node refuses it alone, takes a plain row into the same table, and refuses it again; else the engine is,
 * which may have lost that table or be making it, one node after the other.
 */
import { StatementRefused } from '../../cassandra/attempts.ts';
import type { CassandraSession } from '../../cassandra/cassandra-session.ts';
import { CecochatError } from '../../core/errors.ts';
import type { RefusedRow } from '../refused-rows.ts';
import type { Collected } from './collect-puts.ts';
import { plainPut } from './plain-puts.ts';
import type { Put } from './row-puts.ts';

const mostStatements = 64;
const mostBytes = 256 * 1024;

export interface PutWriter {
  /** Resolves with the rows that are refused for good; everything else is in. Error: engine.unavailable. */
  write(puts: readonly Collected[]): Promise<readonly RefusedRow[]>;
}

export function createPutWriter(session: Pick<CassandraSession, 'tryWrite'>): PutWriter {
  const send = (group: readonly Collected[]): Promise<void> =>
    session.tryWrite(group.flatMap(({ put }) => put.statements));

  /** Undefined when they are taken. */
  const refusalOf = async ({ statements }: Put, node?: string): Promise<StatementRefused | undefined> => {
    try {
      await session.tryWrite(statements, node);
      return undefined;
    } catch (error) {
      if (error instanceof StatementRefused) return error;
      throw error;
    }
  };

  /** What a put is blamed for; undefined when it is taken after all. */
  const faultOf = async (put: Put): Promise<StatementRefused | undefined> => {
    const first = await refusalOf(put);
    if (first === undefined) return undefined;
    const ofPlain = await refusalOf(plainPut(put.table), first.node);
    if (ofPlain !== undefined) {
      throw new CecochatError('engine.unavailable', `Cassandra takes no rows in ${put.table}: ${ofPlain.message}`, {
        cause: ofPlain,
      });
    }
    return refusalOf(put, first.node);
  };

  const findFaults = async (group: readonly Collected[]): Promise<RefusedRow[]> => {
    const refused: RefusedRow[] = [];
    for (const { put, partition, row } of group) {
      const fault = await faultOf(put);
      if (fault !== undefined) refused.push({ partition, row, reason: `${put.table}: ${fault.message}` });
    }
    return refused;
  };

  return {
    async write(puts) {
      const refused: RefusedRow[] = [];
      const state: { failure: { readonly error: unknown } | undefined } = { failure: undefined };
      await Promise.all(
        groupsOf(puts).map(async (group) => {
          if (state.failure !== undefined) return;
          try {
            await send(group);
          } catch (error) {
            if (!(error instanceof StatementRefused)) state.failure ??= { error };
            else {
              await findFaults(group).then(
                (rows) => refused.push(...rows),
                (fault: unknown) => (state.failure ??= { error: fault }),
              );
            }
          }
        }),
      );
      if (state.failure !== undefined) throw state.failure.error;
      return refused;
    },
  };
}

function groupsOf(puts: readonly Collected[]): readonly (readonly Collected[])[] {
  const groups: Collected[][] = [];
  const open = new Map<string, { group: Collected[]; statements: number; bytes: number }>();
  for (const each of puts) {
    const { table, partitionKey, statements, sizeBytes } = each.put;
    const id = `${table} ${partitionKey}`;
    let found = open.get(id);
    if (
      found === undefined ||
      found.statements + statements.length > mostStatements ||
      found.bytes + sizeBytes > mostBytes
    ) {
      found = { group: [], statements: 0, bytes: 0 };
      open.set(id, found);
      groups.push(found.group);
    }
    found.group.push(each);
    found.statements += statements.length;
    found.bytes += sizeBytes;
  }
  return groups;
}
