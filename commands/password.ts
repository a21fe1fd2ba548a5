/**
 * How AUTH and HELLO take a user and a password: okq sets none, so it behaves as a Redis without `requirepass`.
 *
 * @module
 */
import { keyOf } from "../store/bytes.ts";
import { CommandError } from "./types.ts";

/** Accepts the user `default` with any password. @throws {CommandError} for any other user */
export function checkUser(user: Uint8Array): void {
  if (user.length !== "default".length || keyOf(user) !== "default") {
    throw new CommandError("WRONGPASS invalid username-password pair or user is disabled.");
  }
}
