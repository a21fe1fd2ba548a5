/**
 * Basic authentication with the users of the protocol.
 *
 * @module
 */
import type { Authenticator, Peer } from "../core/auth/authenticator.ts";
import type { User } from "../core/auth/user.ts";
import { HttpError } from "./response.ts";

/** Makes a browser ask for user name and password. */
const CHALLENGE = { "www-authenticate": 'Basic realm="okq", charset="UTF-8"' };

/** @throws {HttpError} if the request has no valid login */
export async function authenticate(request: Request, authenticator: Authenticator, peer: Peer): Promise<User> {
  const credentials = readCredentials(request.headers.get("authorization"));
  if (!credentials) throw new HttpError(401, "Login required: send a user name and password of okq", CHALLENGE);
  const user = await authenticator.login(credentials.name, credentials.password, peer);
  if (typeof user === "string") throw new HttpError(401, "Wrong user name or password", CHALLENGE);
  return user;
}

function readCredentials(header: string | null): { name: Uint8Array; password: Uint8Array } | undefined {
  const [, base64] = /^basic +([a-z0-9+/=]+)$/i.exec(header ?? "") ?? [];
  if (base64 === undefined) return;
  try {
    const bytes = Uint8Array.fromBase64(base64);
    const colon = bytes.indexOf(":".charCodeAt(0));
    return colon < 0 ? undefined : { name: bytes.subarray(0, colon), password: bytes.subarray(colon + 1) };
  } catch {
    return; // invalid base64
  }
}
