/**
 * Passwords. At rest one is a hash that is slow to make:
 *
 *     scrypt$32768$8$3$<salt>$<hash>
 *
 * with the costs N, r and p of scrypt, and salt and hash in base64url. A password that was right is remembered by a fast
 * hash with a key that never leaves this process, so that a thousand clients that come back cost no slow hashes.
 *
 * @module
 */
import { Buffer, createHmac, randomBytes, scrypt, timingSafeEqual } from "../../deps.ts";

/** The costs of new hashes: 32 MiB and about half a second of one core, as OWASP advises. */
const COSTS: Costs = { N: 32_768, r: 8, p: 3 };
/** The most memory that a hash may take, in bytes. */
const MAX_MEMORY = 256 * 1024 * 1024;
/** Bytes of salt. */
const SALT_BYTES = 16;
/** Bytes of hash. */
const HASH_BYTES = 32;
/** The longest password, in bytes: a longer one is never right, and costs nothing. */
export const MAX_PASSWORD_BYTES = 512;

const FORM = /^scrypt\$([0-9]{1,7})\$([0-9]{1,2})\$([0-9]{1,2})\$([\w-]{8,})\$([\w-]{43})$/;
const KEY = randomBytes(32);

/** The costs of scrypt. */
export interface Costs {
  /** Memory and time; a power of two. */
  N: number;
  /** Size of a block. */
  r: number;
  /** How often all of it is done. */
  p: number;
}

interface Hashed extends Costs {
  salt: Buffer;
  hash: Buffer;
}

/** Makes the text that stands for a password in a file. */
export async function hashPassword(password: Uint8Array, costs: Costs = COSTS): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await slowHash(password, salt, costs);
  return ["scrypt", costs.N, costs.r, costs.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** What a password is compared with. */
export class PasswordHash {
  readonly #hashed: Hashed | undefined;
  #digest: Buffer | undefined;

  private constructor(hashed: Hashed | undefined, digest: Buffer | undefined) {
    this.#hashed = hashed;
    this.#digest = digest;
  }

  /** A secret from a hash; undefined if the text is none. */
  static fromHash(text: string): PasswordHash | undefined {
    const [, N, r, p, salt, hash] = FORM.exec(text) ?? [];
    const costs = { N: Number(N), r: Number(r), p: Number(p) };
    const fits = costs.N > 1 && (costs.N & (costs.N - 1)) === 0 && costs.r > 0 && costs.p > 0 &&
      memoryOf(costs) <= MAX_MEMORY;
    if (!fits) return undefined;
    const hashed = { ...costs, salt: Buffer.from(salt, "base64url"), hash: Buffer.from(hash, "base64url") };
    return new PasswordHash(hashed, undefined);
  }

  /** A secret from the password itself. */
  static fromPassword(password: Uint8Array): PasswordHash {
    return new PasswordHash(undefined, digest(password));
  }

  /** A secret as slow as this one that no password opens. */
  decoy(): PasswordHash {
    return new PasswordHash(this.#hashed && { ...this.#hashed, hash: randomBytes(HASH_BYTES) }, undefined);
  }

  /** Whether a wrong password is known as such only after a slow hash. */
  get slow(): boolean {
    return this.#hashed !== undefined;
  }

  /** Whether the password is known to be right, without a slow hash. */
  matchesRemembered(password: Uint8Array): boolean {
    if (this.#digest === undefined || password.length > MAX_PASSWORD_BYTES) return false;
    return timingSafeEqual(this.#digest, digest(password));
  }

  /** Whether the password is right, by a slow hash if there is one. It is made outside of the event loop. */
  async verify(password: Uint8Array): Promise<boolean> {
    if (this.matchesRemembered(password)) return true;
    if (this.#hashed === undefined || password.length > MAX_PASSWORD_BYTES) return false;
    const hash = await slowHash(password, this.#hashed.salt, this.#hashed);
    if (!timingSafeEqual(this.#hashed.hash, hash)) return false;
    this.#digest = digest(password);
    return true;
  }
}

function digest(password: Uint8Array): Buffer {
  return createHmac("sha256", KEY).update(password).digest();
}

function slowHash(password: Uint8Array, salt: Uint8Array, { N, r, p }: Costs): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, hash: Buffer) => error ? reject(error) : resolve(hash);
    scrypt(password, salt, HASH_BYTES, { N, r, p, maxmem: 2 * MAX_MEMORY }, done);
  });
}

function memoryOf({ N, r, p }: Costs): number {
  return 128 * r * (N + p);
}
