/**
 * Checks what `--json` printed against cli/output/schema: every event, then the envelope and its data.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { Envelope } from '../output/envelope.ts';

const folder = join(import.meta.dirname, '..', 'output', 'schema');
const base = 'https://cecochat.invalid/schema/';

/** The envelope. Throws, saying what is wrong and where. */
export function checkOutput(stdout: string): Envelope {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    ajv.addSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')) as object);
  }
  const check = (schema: string, value: unknown): void => {
    const validate = ajv.getSchema(`${base}${schema}.json`);
    if (validate === undefined) {
      throw new Error(`there is no cli/output/schema/${schema}.json`);
    }
    if (validate(value) !== true) {
      throw new Error(`${schema}.json: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
    }
  };
  const lines = stdout.split('\n').filter((line) => line !== '');
  const values: unknown[] = lines.map((line): unknown => JSON.parse(line));
  const last = values.pop();
  check('envelope', last);
  const envelope = last as Envelope;
  const name = envelope.command.replaceAll(' ', '-');
  for (const event of values) {
    check('event', event);
    check(`${name}.event`, event);
  }
  if (envelope.data !== null) {
    check(name, envelope.data);
  }
  return envelope;
}
