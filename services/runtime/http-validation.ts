/**
 * Validates requests by their JSON schemas, all faults at once and nothing coerced. A schema is compiled when
 * the first request needs it: compiling all of them takes longer than starting the server.
 */
import { Ajv, type ValidateFunction } from 'ajv';

type Validate = (data: unknown) => true | { error: Error & { validation: object[] } };

let shared: Ajv | undefined;

export function compileLazily({ schema }: { schema: unknown }): Validate {
  let compiled: ValidateFunction | undefined;
  return (data) => {
    if (compiled === undefined) {
      shared ??= new Ajv({ allErrors: true, coerceTypes: false, removeAdditional: false, strict: true });
      compiled = shared.compile(isObject(schema) ? schema : {});
    }
    if (compiled(data)) return true;
    return { error: Object.assign(new Error('validation'), { validation: [...(compiled.errors ?? [])] }) };
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
