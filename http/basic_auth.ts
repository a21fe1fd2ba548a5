/**
 * Who makes a request: the users are those of the protocol, by HTTP Basic authentication.
 *
 * @module
 */
import type { Authenticator, Peer } from "../core/auth/authenticator.ts";
import type { User } from "../core/auth/user.ts";
import { plain } from "./route.ts";

/** How the password is asked for. */
const CHALLENGE = { "www-authenticate": 'Basic realm="okq", charset="UTF-8"' };

/** The user who makes a request, or the answer to one by nobody. */
export async function userOf(request: Request, access: Authenticator, stranger: Peer): Promise<User | Response> {
  if (access.defaultUser) return access.defaultUser;
  const given = credentialsOf(request.headers.get("authorization"));
  if (!given) return plain("Log in with a user name and a password of okq", 401, CHALLENGE);
  const user = await access.login(given.name, given.password, stranger);
  return typeof user === "string" ? plain("Wrong user name or password", 401, CHALLENGE) : user;
}

/** The name and the password, up to the first colon and after it. */
function credentialsOf(header: string | null): { name: Uint8Array; password: Uint8Array } | undefined {
  const [, base64] = /^basic +([a-z0-9+/=]+)$/i.exec(header ?? "") ?? [];
  if (base64 === undefined) return;
  try {
    const bytes = Uint8Array.fromBase64(base64);
    const colon = bytes.indexOf(":".charCodeAt(0));
    return colon < 0 ? undefined : { name: bytes.subarray(0, colon), password: bytes.subarray(colon + 1) };
  } catch {
    return; // no base64
  }
}
