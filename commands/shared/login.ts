/**
 * How AUTH and HELLO take a user and a password.
 *
 * @module
 */
import { DEFAULT_USER, type User } from "../../core/auth/user.ts";
import type { ClientContext } from "../../core/client_context.ts";
import { keyOf } from "../../store/bytes.ts";
import { CommandError } from "./command.ts";

/**
 * The user that a client logs in as. Where there are no passwords `default` is let in with any, as in Redis.
 * @throws {CommandError} if the password is wrong, or there is no such user
 */
export async function login(client: ClientContext, name: Uint8Array, password: Uint8Array): Promise<User> {
  const { defaultUser } = client.server.authenticator;
  if (defaultUser && name.length === DEFAULT_USER.length && keyOf(name) === DEFAULT_USER) return defaultUser;
  const user = defaultUser ? "wrong" : await client.server.authenticator.login(name, password, client);
  if (user === "wrong") throw wrongPassword();
  if (user === "untried") throw new CommandError("ERR the password was not checked: the client hung up");
  return user;
}

/**
 * Makes the client this user, and takes it, and what it holds, off the queues that the user may not consume.
 * @throws {CommandError} if there is no such user any more
 */
export async function switchUser(client: ClientContext, user: User): Promise<void> {
  if (!client.server.authenticator.isCurrent(user)) throw wrongPassword(); // the file has been read again in between
  client.user = user;
  const mayConsume = (queue: Uint8Array) => user.has("consume") && user.mayAccess(queue);
  await client.server.connectionLeases.release(client, (queue) => !mayConsume(queue));
  const allowed = client.queues.filter(mayConsume);
  if (allowed.length < client.queues.length) await client.server.registrations.register(client, allowed);
}

function wrongPassword(): CommandError {
  return new CommandError("WRONGPASS invalid username-password pair or user is disabled.");
}
