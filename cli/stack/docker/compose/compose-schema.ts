/**
 * The Compose specification's own JSON schema (compose/compose-spec.json, see compose/README.md), held against a file
 * that cecochat does not take, to tell what is not Compose at all from what cecochat lacks.
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

/** The deepest thing that is wrong with a file, or undefined. Takes half a second: meant for a file that was refused. */
export function schemaFaultOf(file: unknown): SchemaFault | undefined {
  if (file === undefined) return undefined;
  validate ??= compile();
  if (validate(file)) return undefined;
  const errors = validate.errors ?? [];
  // An alternative that failed (oneOf) is told at its own place and at that of each of its parts.
  const depth = Math.max(...errors.map((error) => pathOf(error).length));
  const deepest = errors.filter(
    (error) => pathOf(error).length === depth && !['oneOf', 'anyOf'].includes(error.keyword),
  );
  const telling = deepest.find(({ keyword }) => keyword !== 'type');
  return telling === undefined ? wrongType(deepest, errors) : faultOf(telling);
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

/** Of alternatives, all of them: "a text or a list". */
function wrongType(deepest: readonly ErrorObject[], errors: readonly ErrorObject[]): SchemaFault | undefined {
  const [first = errors[0]] = deepest;
  if (first === undefined) return undefined;
  const path = pathOf(first);
  const types = deepest
    .filter(({ instancePath }) => instancePath === first.instancePath)
    .flatMap(({ params }): unknown[] => [params['type']].flat());
  const allowed = new Set(types.map((type) => kinds[String(type)] ?? String(type)));
  return { path, what: `${path.join('.') || 'a compose file'} must be ${[...allowed].join(' or ')}` };
}

function faultOf(error: ErrorObject): SchemaFault {
  const { params, message = 'is wrong' } = error;
  const path = pathOf(error);
  const { allowedValues } = params;
  if (Array.isArray(allowedValues))
    return { path, what: `${path.join('.')} must be one of ${allowedValues.join(', ')}` };
  if (error.keyword !== 'additionalProperties')
    return { path, what: `${path.join('.')} ${message} (Compose specification)` };
  return { path, what: `the Compose specification has no key ${path.join('.')}` };
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string[] {
  const path = instancePath.split('/').slice(1).map(unescaped);
  return keyword === 'additionalProperties' ? [...path, String(params['additionalProperty'])] : path;
}

/** Of a JSON pointer (RFC 6901). */
function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
