/**
 * Who is let in. Without passwords everyone is, as the user `default`, who may do everything. With a password that user
 * has to give it; with a file of users each of those gives its own, and may do what the file says.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { pause } from "../background/job.ts";
import { readFile } from "../util/files.ts";
import type { Log } from "../log.ts";
import type { SecuritySettings } from "../config/security.ts";
import { addressOf, Attempts, delayAfter } from "./login_throttle.ts";
import { Secret } from "./password_hash.ts";
import { DEFAULT_USER, ROLES, User } from "./user.ts";
import { type Account, parseUsers } from "./users_file.ts";

/** The longest name of a user that is looked up or logged, in bytes. */
const MAX_NAME_BYTES = 128;

/** Who tries to log in. */
export interface Stranger {
  /** Remote address, `host:port`. */
  readonly addr: string;
  /** Aborted when it hangs up. */
  readonly gone: AbortSignal;
}

/** What came of an attempt to log in; one by a client that hung up may not have been made at all. */
export type Login = User | "wrong" | "untried";

/** Where passwords come from. */
export type AccessSettings = Pick<SecuritySettings, "requirepass" | "requirepassFile" | "users">;

/** The users of a server. */
export class Access {
  /** Who a client is that has not logged in; undefined if it has to. */
  readonly guest: User | undefined;
  readonly #settings: AccessSettings;
  readonly #log: Log;
  readonly #attempts = new Attempts();
  /** What unknown users are compared with; as slow as for the known ones. */
  #decoy: Secret;
  #accounts: ReadonlyMap<string, Account>;

  private constructor(settings: AccessSettings, accounts: ReadonlyMap<string, Account>, log: Log) {
    this.#settings = settings;
    this.#accounts = accounts;
    this.#decoy = decoyFor(accounts);
    this.#log = log;
    if (!hasPasswords(settings)) this.guest = new User(DEFAULT_USER, ROLES, ["*"]);
  }

  /** @throws {Error} if a file cannot be read, or does not hold what it must */
  static async open(settings: AccessSettings, log: Log): Promise<Access> {
    return new Access(settings, await readAccounts(settings), log);
  }

  /** Whether there is a user of this name. */
  has(name: string): boolean {
    return this.#accounts.has(name) || this.guest?.name === name;
  }

  /**
   * The user with this name and password. An attempt that is wrong is answered after a pause that grows, and takes as long
   * for a user that does not exist as for one that does.
   */
  async login(name: Uint8Array, password: Uint8Array, { addr, gone }: Stranger): Promise<Login> {
    const account = this.#accounts.get(keyOf(name.subarray(0, MAX_NAME_BYTES + 1)));
    if (account?.secret.knows(password)) return account.user;
    const address = addressOf(addr);
    const secret = account?.secret ?? this.#decoy;
    const right = secret.slow && await this.#attempts.inTurn(address, () => secret.opens(password), gone);
    if (right === undefined) return "untried";
    if (right && account && this.#accounts.get(account.user.name) === account) return account.user;
    const failures = this.#attempts.failed(address);
    if (Number.isInteger(Math.log2(failures))) { // so that a flood of guesses is no flood of lines
      this.#log.warn("Wrong password", { user: name.subarray(0, MAX_NAME_BYTES), addr, failures });
    }
    await pause(delayAfter(failures), gone);
    return "wrong";
  }

  /** Whether a user is still who it was when it logged in, after the files were read again. */
  isCurrent(user: User): boolean {
    return user === this.guest || this.#accounts.get(user.name)?.user === user;
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
    this.#attempts.close();
  }
}

/** Whether clients have to log in. */
export function hasPasswords({ requirepass, requirepassFile, users }: AccessSettings): boolean {
  return requirepass !== undefined || requirepassFile !== undefined || users !== undefined;
}

function decoyFor(accounts: ReadonlyMap<string, Account>): Secret {
  for (const { secret } of accounts.values()) if (secret.slow) return secret.closed();
  return Secret.fromPassword(crypto.getRandomValues(new Uint8Array(32)));
}

async function readAccounts({ requirepass, requirepassFile, users }: AccessSettings): Promise<Map<string, Account>> {
  const accounts = users === undefined ? new Map<string, Account>() : await readUsers(users);
  const password = requirepassFile === undefined ? requirepass : await readPassword(requirepassFile);
  if (password === undefined) return accounts;
  if (accounts.has(DEFAULT_USER)) {
    throw new Error(`Cannot use ${users}: it has the user default, whose password is given with --requirepass`);
  }
  const secret = Secret.fromHash(password) ?? Secret.fromPassword(new TextEncoder().encode(password));
  return accounts.set(DEFAULT_USER, { user: new User(DEFAULT_USER, ROLES, ["*"]), secret, definition: password });
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
