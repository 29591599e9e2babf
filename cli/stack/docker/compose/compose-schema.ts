/**
 * The Compose specification's own JSON schema (compose/compose-spec.json, see compose/README.md), held against a file
 * before cecochat reads it: what is not Compose at all is told as that, and not as something that cecochat lacks.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { packageFolder } from '../../../package-folder.ts';

export interface SchemaFault {
  /** Keys and places in lists, from the top. */
  readonly path: readonly string[];
  readonly what: string;
}

let validate: ValidateFunction | undefined;

/** The deepest thing that is wrong with a file, or undefined. */
export function schemaFaultOf(file: unknown): SchemaFault | undefined {
  validate ??= compile();
  if (validate(file)) return undefined;
  const faults = (validate.errors ?? []).map((error) => faultOf(error));
  // An alternative that failed (oneOf) is told at its own place and at that of each of its parts.
  return faults.toSorted((one, other) => other.path.length - one.path.length)[0];
}

function compile(): ValidateFunction {
  const schema: unknown = JSON.parse(readFileSync(join(packageFolder() ?? '', 'compose', 'compose-spec.json'), 'utf8'));
  // Its formats (duration, ports …) are Compose's own; parse-service.ts reads these.
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, validateSchema: false });
  return ajv.compile(schema as object);
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
};

function faultOf({ instancePath, keyword, params, message = 'is wrong' }: ErrorObject): SchemaFault {
  const path = instancePath.split('/').slice(1).map(unescaped);
  if (keyword === 'additionalProperties' && typeof params['additionalProperty'] === 'string') {
    const key = [...path, params['additionalProperty']];
    return { path: key, what: `the Compose specification has no key ${key.join('.')}` };
  }
  if (keyword === 'type') {
    const types: unknown[] = [params['type']].flat();
    const allowed = new Set(types.map((type) => kinds[String(type)] ?? String(type)));
    return { path, what: `${path.join('.') || 'a compose file'} must be ${[...allowed].join(' or ')}` };
  }
  const { allowedValues } = params;
  if (Array.isArray(allowedValues))
    return { path, what: `${path.join('.')} must be one of ${allowedValues.join(', ')}` };
  return { path, what: `${path.join('.')} ${message} (Compose specification)` };
}

/** Of a JSON pointer (RFC 6901). */
function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
