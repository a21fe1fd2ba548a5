/**
 * Who is let in. Without passwords everyone is, as the user `default`, who may do everything. With a password that user
 * has to give it; with a file of users each of those gives its own, and may do what the file says.
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

/** The longest name of a user that is looked up or logged, in bytes. */
const MAX_NAME_BYTES = 128;

/** Who tries to log in. */
export interface Peer {
  /** Remote address, `host:port`. */
  readonly addr: string;
  /** Aborted when it hangs up. */
  readonly signal: AbortSignal;
}

/** What came of an attempt to log in; one by a client that hung up may not have been made at all. */
export type LoginResult = User | "wrong" | "untried";

/** Where passwords come from. */
export type AuthSettings = Pick<SecuritySettings, "requirepass" | "requirepassFile" | "users">;

/** The users of a server. */
export class Authenticator {
  /** Who a client is that has not logged in; undefined if it has to. */
  readonly defaultUser: User | undefined;
  readonly #settings: AuthSettings;
  readonly #log: Log;
  readonly #throttle = new LoginThrottle();
  /** What unknown users are compared with; as slow as for the known ones. */
  #decoy: PasswordHash;
  #accounts: ReadonlyMap<string, Account>;

  private constructor(settings: AuthSettings, accounts: ReadonlyMap<string, Account>, log: Log) {
    this.#settings = settings;
    this.#accounts = accounts;
    this.#decoy = decoyFor(accounts);
    this.#log = log;
    if (!requiresPassword(settings)) this.defaultUser = new User(DEFAULT_USER, ROLES, ["*"]);
  }

  /** @throws {Error} if a file cannot be read, or does not hold what it must */
  static async open(settings: AuthSettings, log: Log): Promise<Authenticator> {
    return new Authenticator(settings, await readAccounts(settings), log);
  }

  /** Whether there is a user of this name. */
  has(name: string): boolean {
    return this.#accounts.has(name) || this.defaultUser?.name === name;
  }

  /**
   * The user with this name and password. An attempt that is wrong is answered after a pause that grows, and takes as long
   * for a user that does not exist as for one that does.
   */
  async login(name: Uint8Array, password: Uint8Array, { addr, signal }: Peer): Promise<LoginResult> {
    const account = this.#accounts.get(keyOf(name.subarray(0, MAX_NAME_BYTES + 1)));
    if (account?.passwordHash.matchesRemembered(password)) return account.user;
    const address = addressOf(addr);
    const hash = account?.passwordHash ?? this.#decoy;
    const right = hash.slow && await this.#throttle.runExclusive(address, () => hash.verify(password), signal);
    if (right === undefined) return "untried";
    if (right && account && this.#accounts.get(account.user.name) === account) return account.user;
    const failures = this.#throttle.failed(address);
    if (Number.isInteger(Math.log2(failures))) { // so that a flood of guesses is no flood of lines
      this.#log.warn("Wrong password", { user: name.subarray(0, MAX_NAME_BYTES), addr, failures });
    }
    await delay(penaltyMs(failures), signal);
    return "wrong";
  }

  /** Whether a user is still who it was when it logged in, after the files were read again. */
  isCurrent(user: User): boolean {
    return user === this.defaultUser || this.#accounts.get(user.name)?.user === user;
  }

  /** Reads the files again. @throws {Error} as when they were read first, and all stays as it was */
  async reload(): Promise<void> {
    const accounts = await readAccounts(this.#settings);
    for (const [name, account] of accounts) {
      const known = this.#accounts.get(name);
      if (known?.definition === account.definition) accounts.set(name, known);
    }
    this.#accounts = accounts;
    this.#decoy = decoyFor(accounts);
  }

  /** Ends what is held back. */
  close(): void {
    this.#throttle.close();
  }
}

/** Whether clients have to log in. */
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
    throw new Error(`Cannot use ${users}: it has the user default, whose password is given with --requirepass`);
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

/** The first line of a file. */
async function readPassword(path: string): Promise<string> {
  const [line] = (await readFile(path)).split(/\r?\n/);
  if (line === "") throw new Error(`Cannot use ${path}: its first line must be the password, or a hash of it`);
  return line;
}
