/**
 * The work of profile: users, their sessions, and the keys that sessions are signed with.
 */
import type { Random } from '../core/random.ts';
import type { Clock } from '../core/time/clock.ts';
import type { UserDb } from '../user-db/user-db.ts';
import { createGuessLimit, type GuessRules } from './guesses.ts';
import { createPasswords, type ScryptCost } from './passwords.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { openTokens, type Tokens } from './tokens.ts';
import { createUsers, type Users } from './users.ts';

export interface Profile {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly users: Users;
}

export interface ProfileDeps {
  readonly userDb: UserDb;
  readonly clock: Clock;
  readonly random: Random;
  readonly scrypt: ScryptCost;
  readonly accessLifetimeMs: number;
  readonly refreshLifetimeMs: number;
}

const forgetMs = 15 * 60_000;
const maxWaitMs = 60_000;
export const nameRules: GuessRules = { free: 5, atOnce: 32, forgiving: true, firstWaitMs: 1_000, maxWaitMs, forgetMs };
/** Many people may share an address; and a right password of one's own must not wipe out guesses at others. */
export const addressRules: GuessRules = { ...nameRules, free: 50, atOnce: 256, forgiving: false };
const parallelHashes = 2;

export async function openProfile(deps: ProfileDeps): Promise<Profile> {
  const { userDb, clock, random } = deps;
  const tokens = await openTokens(deps);
  const passwords = createPasswords({ random, cost: deps.scrypt, parallel: parallelHashes });
  const guessesByName = createGuessLimit({ clock, rules: nameRules, what: 'for this name' });
  const guessesByAddress = createGuessLimit({ clock, rules: addressRules, what: 'from this address' });
  return {
    tokens,
    sessions: createSessions({ ...deps, tokens, passwords, guessesByName, guessesByAddress }),
    users: createUsers({ userDb, clock, random, passwords }),
  };
}
