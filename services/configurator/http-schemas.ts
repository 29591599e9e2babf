/**
 * What configurator's API takes: JSON schemas that validate, document and give the types.
 */
const base = { tags: ['configuration'], security: [{ adminToken: [] }] } as const;
const text = { type: 'string', maxLength: 10_000 } as const;

const values = {
  type: 'object',
  description: 'By key: a text, a hash of texts, or null to remove the key. Keys that are not named stay.',
  maxProperties: 100,
  propertyNames: { maxLength: 200 },
  additionalProperties: {
    anyOf: [text, { type: 'object', maxProperties: 10_000, additionalProperties: text }, { type: 'null' }],
  },
} as const;

export const read = { ...base, summary: 'The present values with their version' } as const;

export const change = {
  ...base,
  summary: 'Changes values, all or none',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['author', 'values'],
    properties: {
      author: { type: 'string', minLength: 1, maxLength: 100, description: 'Who makes the change: for the log' },
      expectedVersion: { type: 'integer', minimum: 0, description: 'Refuse when the configuration is newer' },
      values,
    },
  },
} as const;

export const validate = {
  ...base,
  summary: 'Checks values together with those that stay; changes nothing',
  body: { type: 'object', additionalProperties: false, required: ['values'], properties: { values } },
} as const;

export const log = {
  ...base,
  summary: 'The latest changes, newest first',
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      limit: { type: 'string', pattern: '^([1-9][0-9]{0,2}|1000)$', description: '1 to 1000; 20 when absent' },
    },
  },
} as const;

export const watch = {
  ...base,
  summary: 'Server-sent events: "snapshot" at first, "change" after each change',
} as const;

const ofServers = { ...base, tags: ['servers'] } as const;

export const servers = {
  ...ofServers,
  summary: 'The messaging servers: their leases, what they are to have and what they hold',
} as const;

const serverIds = { type: 'array', maxItems: 10_000, items: { type: 'string', maxLength: 32 } } as const;

export const spread = {
  ...ofServers,
  summary: 'Spreads the partitions evenly over some servers, with the fewest moves',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['author', 'servers'],
    properties: {
      author: { type: 'string', minLength: 1, maxLength: 100, description: 'Who makes the change: for the log' },
      servers: { ...serverIds, description: 'Who is to share them' },
      leaving: { ...serverIds, description: 'Who gives away all that it has; servers named nowhere keep theirs' },
    },
  },
} as const;
