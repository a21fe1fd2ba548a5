/**
 * Users files for tests.
 *
 * @module
 */
import { hashPassword } from "../../core/auth/password_hash.ts";
import { bytes } from "./wire.ts";

/** The costs of a hash that takes a few milliseconds. */
export const CHEAP = { N: 1024, r: 8, p: 1 };

/** Writes a users file. @param lines name, password, and the roles and patterns */
export async function writeUsers(
  path: string,
  ...lines: [name: string, password: string, rest: string][]
): Promise<void> {
  const written = lines.map(async ([name, password, rest]) =>
    `${name}  ${await hashPassword(bytes(password), CHEAP)}  ${rest}\n`
  );
  await Deno.writeTextFile(path, "# users\n\n" + (await Promise.all(written)).join(""));
}
