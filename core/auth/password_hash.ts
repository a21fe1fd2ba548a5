/**
 * Password hashes. In a file a password is an scrypt hash:
 *
 *     scrypt$32768$8$3$<salt>$<hash>
 *
 * with the costs N, r and p, and salt and hash in base64url. After the first correct password its HMAC, with a key that
 * never leaves this process, is compared instead: a thousand clients that reconnect compute no slow hashes.
 *
 * @module
 */
import { Buffer, createHmac, randomBytes, scrypt, timingSafeEqual } from "../../deps.ts";

/** Costs of new hashes, as OWASP recommends: 32 MiB and about half a second of one core. */
const COSTS: Costs = { N: 32_768, r: 8, p: 3 };
/** Memory for one hash, in bytes. */
const MAX_MEMORY = 256 * 1024 * 1024;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** A longer password is wrong without being hashed. */
export const MAX_PASSWORD_BYTES = 512;

const FORM = /^scrypt\$([0-9]{1,7})\$([0-9]{1,2})\$([0-9]{1,2})\$([\w-]{8,})\$([\w-]{43})$/;
const KEY = randomBytes(32);

export interface Costs {
  /** Memory and time; a power of two. */
  N: number;
  r: number;
  p: number;
}

interface Hashed extends Costs {
  salt: Buffer;
  hash: Buffer;
}

export async function hashPassword(password: Uint8Array, costs: Costs = COSTS): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await slowHash(password, salt, costs);
  return ["scrypt", costs.N, costs.r, costs.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

export class PasswordHash {
  readonly #hashed: Hashed | undefined;
  #digest: Buffer | undefined;

  private constructor(hashed: Hashed | undefined, digest: Buffer | undefined) {
    this.#hashed = hashed;
    this.#digest = digest;
  }

  /** Undefined if the text is no hash, or takes too much memory. */
  static fromHash(text: string): PasswordHash | undefined {
    const [, N, r, p, salt, hash] = FORM.exec(text) ?? [];
    const costs = { N: Number(N), r: Number(r), p: Number(p) };
    const fits = costs.N > 1 && (costs.N & (costs.N - 1)) === 0 && costs.r > 0 && costs.p > 0 &&
      memoryOf(costs) <= MAX_MEMORY;
    if (!fits) return undefined;
    const hashed = { ...costs, salt: Buffer.from(salt, "base64url"), hash: Buffer.from(hash, "base64url") };
    return new PasswordHash(hashed, undefined);
  }

  static fromPassword(password: Uint8Array): PasswordHash {
    return new PasswordHash(undefined, digest(password));
  }

  /** A hash that takes as long as this one and that no password matches. */
  decoy(): PasswordHash {
    return new PasswordHash(this.#hashed && { ...this.#hashed, hash: randomBytes(HASH_BYTES) }, undefined);
  }

  /** Whether a password that is not remembered takes a slow hash to verify. */
  get slow(): boolean {
    return this.#hashed !== undefined;
  }

  /** Compares with the password of a successful verification. Fast. */
  matchesRemembered(password: Uint8Array): boolean {
    if (this.#digest === undefined || password.length > MAX_PASSWORD_BYTES) return false;
    return timingSafeEqual(this.#digest, digest(password));
  }

  /** A slow hash is computed outside of the event loop. */
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
