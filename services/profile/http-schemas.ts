/**
 * What profile's API takes: JSON schemas that validate, document and give the types.
 */
const name = { type: 'string', minLength: 1, maxLength: 256 } as const;
const password = { type: 'string', minLength: 1, maxLength: 1024 } as const;
const rate = { type: 'integer', minimum: 1, maximum: 1_000_000 } as const;
const clientId = { type: 'string', maxLength: 64, description: 'UUID of the device; keep it over logins' } as const;
const limits = {
  type: 'object',
  additionalProperties: false,
  required: ['sendsPerSecond', 'sendsBurst', 'sendsInFlight'],
  properties: { sendsPerSecond: rate, sendsBurst: rate, sendsInFlight: rate },
} as const;
const byName = { type: 'object', required: ['name'], properties: { name } } as const;
const users = { tags: ['users'], security: [{ adminToken: [] }] } as const;
const session = { tags: ['sessions'], security: [] } as const;

export const logIn = {
  ...session,
  summary: 'Logs in: gives an access token and a refresh token',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['username', 'password'],
    properties: {
      username: name,
      password,
      clientId,
    },
  },
} as const;

export const refresh = {
  ...session,
  summary: 'Renews a session, for the same client',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['refreshToken'],
    properties: { refreshToken: { type: 'string', minLength: 1, maxLength: 4096 } },
  },
} as const;

export const jwks = { ...session, summary: 'The public keys that tokens are signed with (RFC 7517)' } as const;

export const lookup = {
  tags: ['users'],
  security: [{ accessToken: [] }],
  summary: 'Finds the id of a user by name',
  params: byName,
} as const;

export const lookupName = {
  tags: ['users'],
  security: [{ accessToken: [] }],
  summary: 'Finds the name of a user by id',
  params: {
    type: 'object',
    required: ['userId'],
    properties: { userId: { type: 'string', maxLength: 20 } },
  },
} as const;

export const addUser = {
  ...users,
  summary: 'Adds a user; without a password one is made and told once',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: { name, password, userId: { type: 'string', maxLength: 20 } },
  },
} as const;

export const listUsers = {
  ...users,
  summary: 'Lists users by name',
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      after: { ...name, description: 'Names after this one' },
      limit: { type: 'string', pattern: '^([1-9][0-9]{0,2}|1000)$', description: '1 to 1000; 100 when absent' },
    },
  },
} as const;

export const setPassword = {
  ...users,
  summary: 'Sets a password; without one a password is made and told once',
  params: byName,
  body: { type: 'object', additionalProperties: false, properties: { password } },
} as const;

export const removeUser = { ...users, summary: 'Removes a user', params: byName } as const;

export const benchSessions = {
  tags: ['benchmarks'],
  security: [{ adminToken: [] }],
  summary: 'Sessions of the users bench-<first>, bench-<first + 1>, ... with limits of their own',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['count', 'limits'],
    properties: {
      count: { type: 'integer', minimum: 1, maximum: 20_000 },
      first: { type: 'integer', minimum: 1, maximum: 1_000_000 },
      limits,
    },
  },
} as const;

export const limitedSession = {
  tags: ['sessions'],
  security: [{ adminToken: [] }],
  summary: 'A session of a user with limits of its own, for bulk work',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['username', 'limits'],
    properties: { username: name, clientId, limits },
  },
} as const;
