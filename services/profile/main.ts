/**
 * Starts profile: users and sessions.
 */
import { CecochatError } from '../core/errors.ts';
import { createAdminCheck } from '../runtime/admin.ts';
import { startEngineProbe } from '../runtime/engine-probe.ts';
import { createHttpHost } from '../runtime/http.ts';
import type { RunningServer, ServerContext } from '../runtime/server.ts';
import { profileApi } from './http.ts';
import { openProfile } from './profile.ts';
import type { ProfileSettings } from './settings.ts';

export interface SeedUser {
  readonly name: string;
  readonly userId: string;
  /** Made by chance, with 128 bits or more. */
  readonly password: string;
}

/** Its profile also seeds users: those whose names are there already stay as they are. */
export interface RunningProfile extends RunningServer {
  seedUsers(users: readonly SeedUser[]): Promise<void>;
}

export async function startProfile(context: ServerContext<ProfileSettings>): Promise<RunningProfile> {
  const { settings, engines, clock, random, metrics } = context;
  const log = context.log.child({ server: 'profile' });
  const profile = await openProfile({
    userDb: engines.userDb,
    clock,
    random,
    scrypt: { N: settings.scryptN, r: 8, p: settings.scryptP },
    accessLifetimeMs: settings.accessTokenLifetimeS * 1000,
    refreshLifetimeMs: settings.refreshTokenLifetimeS * 1000,
  });
  const probe = startEngineProbe({
    engine: 'the user database',
    ask: () => engines.userDb.byName('readiness'),
    clock,
    log,
  });
  const { notReady } = probe;
  const http = await createHttpHost({
    host: settings.httpHost,
    port: settings.httpPort,
    drainMs: settings.drainMs,
    server: 'profile',
    api: profileApi(profile, createAdminCheck(settings.adminToken)),
    clock,
    log,
    metrics,
    notReady,
  });
  log.info({ http: http.address }, 'profile listens');
  return {
    name: 'profile',
    serverId: 'profile',
    httpAddress: http.address,
    grpcAddress: undefined,
    notReady,
    async seedUsers(users) {
      const add = (user: SeedUser) => profile.users.add({ ...user, random128: true }).catch(unlessExists);
      await Promise.all(users.map(add));
    },
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await probe[Symbol.asyncDispose]();
      log.info({}, 'profile stopped');
    },
  };
}

function unlessExists(error: unknown): void {
  if (!(error instanceof CecochatError && error.code === 'user.exists')) throw error;
}
