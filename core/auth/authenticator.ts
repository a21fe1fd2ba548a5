/**
 * Authentication. Without a configured password every client is `default`, with all roles. `--requirepass` sets the
 * password of `default`; a users file adds users with passwords, roles and queues.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { delay } from "../util/async.ts";
import { readFile } from "../util/files.ts";
import type { Log } from "../log.ts";
import type { SecuritySettings } from "../config/security.ts";
import { addressOf, LoginThrottle, penaltyMs } from "./login_throttle.ts";
import { PasswordHash } from "./password_hash.ts";
import { DEFAULT_USER, ROLES, User } from "./user.ts";
import { type Account, parseUsers } from "./users_file.ts";

/** Longest user name that is looked up or logged. */
const MAX_NAME_BYTES = 128;

export interface Peer {
  /** `host:port`. */
  readonly addr: string;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** "aborted" if the client disconnected before its password was checked. */
export type LoginResult = User | "wrong" | "aborted";

export type AuthSettings = Pick<SecuritySettings, "requirepass" | "requirepassFile" | "users">;

export class Authenticator {
  /** The user of clients that have not logged in; undefined if a login is required. */
  readonly defaultUser: User | undefined;
  readonly #settings: AuthSettings;
  readonly #log: Log;
  readonly #throttle = new LoginThrottle();
  /** Verified for unknown users, so that they take as long as known ones. */
  #decoy: PasswordHash;
  #accounts: ReadonlyMap<string, Account>;

  private constructor(settings: AuthSettings, accounts: ReadonlyMap<string, Account>, log: Log) {
    this.#settings = settings;
    this.#accounts = accounts;
    this.#decoy = decoyFor(accounts);
    this.#log = log;
    if (!requiresPassword(settings)) this.defaultUser = new User(DEFAULT_USER, ROLES, ["*"]);
  }

  /** @throws {Error} if a file cannot be read or is malformed */
  static async open(settings: AuthSettings, log: Log): Promise<Authenticator> {
    return new Authenticator(settings, await readAccounts(settings), log);
  }

  /** The number of users; undefined if no login is required. */
  get users(): number | undefined {
    return this.defaultUser ? undefined : this.#accounts.size;
  }

  has(name: string): boolean {
    return this.#accounts.has(name) || this.defaultUser?.name === name;
  }

  /**
   * A wrong password is answered after a penalty that grows with each failure of the address, and takes as long for an
   * unknown user as for a known one.
   */
  async login(name: Uint8Array, password: Uint8Array, { addr, signal }: Peer): Promise<LoginResult> {
    const account = this.#accounts.get(keyOf(name.subarray(0, MAX_NAME_BYTES + 1)));
    if (account?.passwordHash.matchesRemembered(password)) return account.user;
    const address = addressOf(addr);
    const hash = account?.passwordHash ?? this.#decoy;
    const correct = hash.slow && await this.#throttle.runExclusive(address, () => hash.verify(password), signal);
    if (correct === undefined) return "aborted";
    if (correct && account && this.#accounts.get(account.user.name) === account) return account.user;
    const failures = this.#throttle.failed(address);
    if (Number.isInteger(Math.log2(failures))) { // only powers of two: a flood of guesses must not flood the log
      this.#log.warn("Wrong password", { user: name.subarray(0, MAX_NAME_BYTES), addr, failures });
    }
    await delay(penaltyMs(failures), signal);
    return "wrong";
  }

  /** Whether a reload has neither changed nor removed the user. */
  isCurrent(user: User): boolean {
    return user === this.defaultUser || this.#accounts.get(user.name)?.user === user;
  }

  /** Reads the files again. @throws {Error} if one cannot be read or is malformed; all users then stay as they were */
  async reload(): Promise<void> {
    const accounts = await readAccounts(this.#settings);
    for (const [name, account] of accounts) {
      const current = this.#accounts.get(name);
      if (current?.definition === account.definition) accounts.set(name, current);
    }
    this.#accounts = accounts;
    this.#decoy = decoyFor(accounts);
  }

  close(): void {
    this.#throttle.close();
  }
}

/** Whether clients must log in. */
export function requiresPassword({ requirepass, requirepassFile, users }: AuthSettings): boolean {
  return requirepass !== undefined || requirepassFile !== undefined || users !== undefined;
}

function decoyFor(accounts: ReadonlyMap<string, Account>): PasswordHash {
  for (const { passwordHash } of accounts.values()) if (passwordHash.slow) return passwordHash.decoy();
  return PasswordHash.fromPassword(crypto.getRandomValues(new Uint8Array(32)));
}

async function readAccounts({ requirepass, requirepassFile, users }: AuthSettings): Promise<Map<string, Account>> {
  const accounts = users === undefined ? new Map<string, Account>() : await readUsers(users);
  const password = requirepassFile === undefined ? requirepass : await readPassword(requirepassFile);
  if (password === undefined) return accounts;
  if (accounts.has(DEFAULT_USER)) {
    throw new Error(`Cannot use ${users}: --requirepass defines the user default already; remove one of both`);
  }
  const passwordHash = PasswordHash.fromHash(password) ?? PasswordHash.fromPassword(new TextEncoder().encode(password));
  return accounts.set(DEFAULT_USER, { user: new User(DEFAULT_USER, ROLES, ["*"]), passwordHash, definition: password });
}

async function readUsers(path: string): Promise<Map<string, Account>> {
  const text = await readFile(path);
  try {
    return parseUsers(text);
  } catch (error) {
    throw new Error(`Cannot use ${path}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function readPassword(path: string): Promise<string> {
  const [line] = (await readFile(path)).split(/\r?\n/);
  if (line === "") throw new Error(`Cannot use ${path}: its first line must be the password or its hash`);
  return line;
}
