/** The servers by name, as services/runtime has them; known here without loading any. */
export const serverNames = ['profile', 'connect', 'messaging', 'materialize', 'history', 'configurator'] as const;
export type ServerName = (typeof serverNames)[number];
