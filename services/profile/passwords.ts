/**
 * Password hashes by scrypt (RFC 7914): "scrypt$N$r$p$salt$hash", base64url. A few are computed at a time,
 * because each takes 16 MB and a core; more than the queue holds are refused with login.limited.
 */
import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { CecochatError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';

export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface Passwords {
  hash(password: string): Promise<string>;
  /** For passwords made by chance with 128 bits or more: nobody guesses them, however cheap the hash. */
  hashRandom(password: string): Promise<string>;
  /** Takes as long for an undefined hash (no such user) as for a real one, whatever that one's cost is. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

const cheap: ScryptCost = { N: 1_024, r: 8, p: 1 };
const keyBytes = 32;
const saltBytes = 16;
const minLength = 8;
const maxLength = 256;
const maxWaiting = 256;

/** Stands for "no password fits": users that nobody logs in as. */
export const unusableHash = 'none';

export function createPasswords(deps: { random: Random; cost: ScryptCost; parallel: number }): Passwords {
  const { random, cost, parallel } = deps;
  const waiting: (() => void)[] = [];
  let running = 0;
  const slot = async (): Promise<void> => {
    if (running < parallel) {
      running += 1;
      return;
    }
    if (waiting.length >= maxWaiting) {
      throw new CecochatError('login.limited', 'too many passwords are being checked', {
        hint: 'try again in a second',
        data: { retryAfterMs: '1000' },
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const derive = async (password: string, salt: Buffer, options: ScryptCost): Promise<Buffer> => {
    await slot();
    try {
      return await scryptAsync(password.normalize('NFC'), salt, options);
    } finally {
      release();
    }
  };
  const hashWith = async (password: string, chosen: ScryptCost): Promise<string> => {
    const salt = Buffer.from(random.bytes(saltBytes));
    return format(chosen, salt, await derive(password, salt, chosen));
  };
  const dummy = format(cost, Buffer.alloc(saltBytes), Buffer.alloc(keyBytes, 1));
  return {
    hash: (password) => hashWith(password, cost),
    hashRandom: (password) => hashWith(password, cheap),
    async matches(password, hash) {
      const stored = parse(hash ?? dummy) ?? parse(dummy);
      if (stored === undefined) return false;
      const derived = await derive(password, stored.salt, stored.cost);
      if (stored.cost.N * stored.cost.p < cost.N * cost.p) await derive(password, stored.salt, cost);
      return timingSafeEqual(derived, stored.key) && hash !== undefined && hash !== unusableHash;
    },
  };
}

/** request.invalid unless it has 8 to 256 characters. */
export function checkPassword(password: string): string {
  const length = Array.from(password).length;
  if (length >= minLength && length <= maxLength) return password;
  throw new CecochatError('request.invalid', `the password has ${length} characters; 8 to 256 are possible`);
}

/** 22 characters with 128 bits of chance. */
export function makePassword(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('base64url');
}

function format({ N, r, p }: ScryptCost, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

function parse(hash: string): { cost: ScryptCost; salt: Buffer; key: Buffer } | undefined {
  const [kind, N, r, p, salt, key] = hash.split('$');
  if (kind !== 'scrypt' || salt === undefined || key === undefined) return undefined;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const bytes = Buffer.from(key, 'base64url');
  return bytes.length === keyBytes ? { cost, salt: Buffer.from(salt, 'base64url'), key: bytes } : undefined;
}

function scryptAsync(password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
