/**
 * The file of users, one on each line: name, hash of the password, roles, and patterns of the queues it may touch.
 *
 *     # name   password                      roles             queues
 *     shop     scrypt$32768$8$3$…$…          produce           orders mails:*
 *     worker   scrypt$32768$8$3$…$…          consume,inspect   orders
 *     boss     scrypt$32768$8$3$…$…          all               *
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { PasswordHash } from "./password_hash.ts";
import { type Role, ROLES, User } from "./user.ts";

/** A user, how it shows that it is the one, and the text that says both. */
export interface Account {
  /** The user. */
  readonly user: User;
  /** Its password. */
  readonly passwordHash: PasswordHash;
  /** Differs for any two accounts that are not the same. */
  readonly definition: string;
}

const NAME = /^[!-~]{1,128}$/;
const encoder = new TextEncoder();

/**
 * Reads the text of a file of users.
 * @throws {Error} in one line that names the line and says what is allowed, and quotes no password
 */
export function parseUsers(text: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0].startsWith("#")) continue;
    const where = `line ${i + 1}`;
    const account = readAccount(words, where);
    if (accounts.has(account.user.name)) throw new Error(`${where}: the user ${words[0]} is there twice`);
    accounts.set(account.user.name, account);
  }
  return accounts;
}

function readAccount(words: string[], where: string): Account {
  const [name, hash, roles, ...patterns] = words;
  if (roles === undefined) throw new Error(`${where}: write name, hash of the password, roles and patterns of queues`);
  if (!NAME.test(name)) throw new Error(`${where}: the name must be up to 128 characters of ASCII`);
  const passwordHash = PasswordHash.fromHash(hash);
  if (!passwordHash) throw new Error(`${where}: the second word must be a hash, as --hash-password makes it`);
  const user = new User(name, readRoles(roles, where), patterns.map(inBytes));
  return { user, passwordHash, definition: words.join(" ") };
}

function readRoles(text: string, where: string): Role[] {
  if (text === "all") return [...ROLES];
  return text.split(",").map((word) => {
    const role = ROLES.find((role) => role === word);
    if (!role) throw new Error(`${where}: ${JSON.stringify(word)} is no role; there are ${ROLES.join(", ")}, and all`);
    return role;
  });
}

/** UTF-8 with one character for each byte, as names of queues are compared. */
function inBytes(text: string): string {
  return keyOf(encoder.encode(text));
}
