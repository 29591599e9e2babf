/**
 * What materialize's API takes: JSON schemas that validate, document and give the types.
 */
const base = { tags: ['dead letters'], security: [{ adminToken: [] }] } as const;
const id = { type: 'string', maxLength: 100, description: '<partition>.<offset>.<incarnation>, as in a list' } as const;
const after = { ...id, description: 'The "next" of the page before; from the start when absent' } as const;

export const list = {
  ...base,
  summary: 'Records that history could not take, with the reason, in the order of the log',
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      after,
      limit: {
        type: 'string',
        pattern: '^([1-9][0-9]{0,2}|1000)$',
        description: '1 to 1000; 100 when absent. A page may be shorter; only an empty one is the end',
      },
    },
  },
} as const;

export const replay = {
  ...base,
  summary: 'Writes dead letters into history after all; those that it takes are no dead letters any more',
  description: 'Either these `ids`, or without them the next `limit` ones from `after` on.',
  body: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ids: { type: 'array', minItems: 1, maxItems: 100, items: id },
      after,
      limit: { type: 'integer', minimum: 1, maximum: 1000, description: '100 when absent' },
    },
  },
} as const;
