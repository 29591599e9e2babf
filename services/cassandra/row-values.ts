/**
 * Typed values out of the driver's rows, and numbers into int64 columns. A column of another type is a bug and
 * throws; a bigint outside int64 would wrap silently on its way and is a RangeError here.
 */
import { types } from 'cassandra-driver';

export type Row = types.Row;

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

export function int64(value: bigint | number): bigint {
  const big = typeof value === 'bigint' ? value : BigInt(value);
  if (big < minInt64 || big > maxInt64) throw new RangeError(`${value} is no int64`);
  return big;
}

export function textIn(row: Row, column: string): string {
  const value = valueIn(row, column);
  return typeof value === 'string' ? value : wrong(column, value);
}

export function uuidIn(row: Row, column: string): string {
  const value = valueIn(row, column);
  return value instanceof types.Uuid ? value.toString() : wrong(column, value);
}

export function bigintIn(row: Row, column: string): bigint {
  const value = valueIn(row, column);
  return typeof value === 'bigint' ? value : wrong(column, value);
}

/** An int, or a bigint that is a safe integer, as offsets and times are. */
export function numberIn(row: Row, column: string): number {
  const value = valueIn(row, column);
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : wrong(column, value);
}

export function bytesIn(row: Row, column: string): Buffer {
  const value = valueIn(row, column);
  return Buffer.isBuffer(value) ? value : wrong(column, value);
}

/** Cassandra has no empty maps: null is one. */
export function mapIn(row: Row, column: string): ReadonlyMap<unknown, unknown> {
  const value = valueIn(row, column);
  if (value === null || value === undefined) return new Map();
  return value instanceof Map ? value : wrong(column, value);
}

export function isNullIn(row: Row, column: string): boolean {
  const value = valueIn(row, column);
  return value === null || value === undefined;
}

function valueIn(row: Row, column: string): unknown {
  return row.get(column);
}

function wrong(column: string, value: unknown): never {
  throw new Error(`column ${column} holds a ${value === null ? 'null' : typeof value}`);
}
