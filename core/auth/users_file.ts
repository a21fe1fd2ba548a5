/**
 * The users file: one user per line with name, password hash, roles and patterns of queues.
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

export interface Account {
  readonly user: User;
  readonly passwordHash: PasswordHash;
  /** Text of the account; a reload keeps accounts whose text is unchanged. */
  readonly definition: string;
}

const NAME = /^[!-~]{1,128}$/;
const encoder = new TextEncoder();

/** @throws {Error} with the number of the line and what is allowed there; never quotes a password */
export function parseUsers(text: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0].startsWith("#")) continue;
    const where = `line ${i + 1}`;
    const account = readAccount(words, where);
    if (accounts.has(account.user.name)) throw new Error(`${where}: duplicate user ${words[0]}`);
    accounts.set(account.user.name, account);
  }
  if (accounts.size === 0) {
    throw new Error(`line ${text.trimEnd().split("\n").length}: the file ends without a user, so nobody could log in`);
  }
  return accounts;
}

function readAccount(words: string[], where: string): Account {
  const [name, hash, roles, ...patterns] = words;
  if (patterns.length === 0) {
    throw new Error(`${where}: a user needs a name, a password hash, roles and patterns of queues`);
  }
  if (!NAME.test(name)) throw new Error(`${where}: the name must be 1 to 128 printable ASCII characters`);
  const passwordHash = PasswordHash.fromHash(hash);
  if (!passwordHash) throw new Error(`${where}: the second word must be a password hash from --hash-password`);
  const user = new User(name, readRoles(roles, where), patterns.map(bytePattern));
  return { user, passwordHash, definition: words.join(" ") };
}

function readRoles(text: string, where: string): Role[] {
  if (text === "all") return [...ROLES];
  return text.split(",").map((word) => {
    const role = ROLES.find((role) => role === word);
    if (!role) {
      throw new Error(`${where}: unknown role ${JSON.stringify(word)}; allowed are ${ROLES.join(", ")} and all`);
    }
    return role;
  });
}

/** UTF-8 with one character per byte, as {@linkcode User} compares queue names. */
function bytePattern(text: string): string {
  return keyOf(encoder.encode(text));
}
