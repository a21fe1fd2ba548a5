/**
 * Login and names of connections, shared by AUTH, HELLO and CLIENT.
 *
 * @module
 */
import { DEFAULT_USER, type User } from "../../core/auth/user.ts";
import type { ClientContext } from "../../core/context.ts";
import { keyOf } from "../../store/bytes.ts";
import { CommandError } from "./command.ts";

/** Redis has no limit, but a name is kept as long as its connection. */
const MAX_NAME_BYTES = 1024;

/**
 * Without a configured password `default` is accepted with any password, as in Redis.
 * @throws {CommandError} if the password is wrong or the user does not exist
 */
export async function login(client: ClientContext, name: Uint8Array, password: Uint8Array): Promise<User> {
  const { defaultUser } = client.server.authenticator;
  if (defaultUser && name.length === DEFAULT_USER.length && keyOf(name) === DEFAULT_USER) return defaultUser;
  const user = defaultUser ? "wrong" : await client.server.authenticator.login(name, password, client);
  if (user === "wrong") throw wrongPassword();
  if (user === "aborted") throw new CommandError("ERR password not checked: the client disconnected");
  return user;
}

/**
 * Switches the user, and drops registrations and held events in queues that the user may not consume. Nothing fails
 * after the switch.
 * @throws {CommandError} if the user no longer exists
 */
export async function switchUser(client: ClientContext, user: User): Promise<void> {
  // A reload of the users file may have removed the user since its password was checked.
  if (!client.server.authenticator.isCurrent(user)) throw wrongPassword();
  client.user = user;
  const { connectionLeases, registrations } = client.server;
  const mayNotConsume = (queue: Uint8Array) => !user.has("consume") || !user.mayAccess(queue);
  await Promise.all([
    connectionLeases.release(client, mayNotConsume),
    registrations.deregister(client, mayNotConsume),
  ]);
}

/**
 * Reads a name of printable ASCII without spaces. An empty one removes the name.
 * @param what the named thing, for the error
 */
export function clientName(bytes: Uint8Array, what = "Client names"): string {
  if (bytes.some((byte) => byte < 0x21 || byte > 0x7e)) {
    throw new CommandError(`ERR ${what} cannot contain spaces, newlines or special characters.`);
  }
  if (bytes.length > MAX_NAME_BYTES) throw new CommandError(`ERR ${what} must be at most ${MAX_NAME_BYTES} bytes long`);
  return keyOf(bytes);
}

function wrongPassword(): CommandError {
  return new CommandError("WRONGPASS invalid username-password pair or user is disabled.");
}
