/**
 * The settings that servers share, so that they are named, bounded and documented alike.
 */
import { integerSetting, portSetting, requiredTextSetting, secretSetting, textSetting } from './setting-types.ts';

export const httpSettings = {
  httpHost: textSetting({ default: '127.0.0.1', doc: 'Address that HTTP listens on.' }),
  httpPort: portSetting({ default: 0, doc: 'Port of health, metrics and the HTTP API.' }),
};

export const grpcSettings = {
  grpcHost: textSetting({ default: '127.0.0.1', doc: 'Address that gRPC listens on.' }),
  grpcPort: portSetting({ default: 0, doc: 'Port of the gRPC services.' }),
  advertisedAddress: textSetting({
    default: '',
    doc: 'host:port by which clients reach its gRPC; where it listens when left out.',
  }),
};

export const jwksSetting = {
  jwksUrl: requiredTextSetting({
    doc: 'Where the public keys of sessions are: http://<profile>/.well-known/jwks.json',
  }),
};

export const adminSetting = {
  adminToken: secretSetting({
    minLength: 16,
    doc: 'Who holds it may administer users, the dynamic configuration and dead letters.',
  }),
};

export const drainSetting = {
  drainMs: integerSetting({
    default: 5_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    doc: 'How long a stop waits for open calls to end.',
  }),
};
