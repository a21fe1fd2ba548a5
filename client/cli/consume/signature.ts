/**
 * Signs requests as Standard Webhooks 1.0 has it (https://www.standardwebhooks.com), whose libraries verify them.
 *
 * @module
 */
import { messageOf } from "../console.ts";

/** What the standard allows. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const PREFIX = "whsec_";

const HMAC = { name: "HMAC", hash: "SHA-256" };

const utf8 = new TextEncoder();

/**
 * Reads secrets, one on each line: to replace one, both are used for a time.
 *
 * @throws {Error} if the file cannot be read, holds none, or a line is no secret
 */
export async function readSecrets(file: string): Promise<CryptoKey[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new Error(`Cannot read the secret of --secret-file: ${messageOf(error)}`, { cause: error });
  }
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const secrets = lines.map(decodeSecret);
  if (secrets.length === 0 || secrets.includes(undefined)) {
    throw new Error(
      `Cannot use the secret in ${
        JSON.stringify(file)
      }: each line must be ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} ` +
        `bytes in base64, with or without ${PREFIX} before it; openssl rand -base64 32 makes one`,
    );
  }
  return await Promise.all(secrets.map((bytes) => crypto.subtle.importKey("raw", bytes!, HMAC, false, ["sign"])));
}

/**
 * The three headers of the standard, with a signature by each secret.
 *
 * @param id the same for each attempt; without full stops
 */
export async function signatureHeaders(
  secrets: CryptoKey[],
  id: string,
  contents: Uint8Array,
  now = Date.now(),
): Promise<Record<string, string>> {
  const timestamp = `${Math.floor(now / 1000)}`;
  const start = utf8.encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(start.length + contents.length);
  signed.set(start);
  signed.set(contents, start.length);
  const signatures = await Promise.all(secrets.map(async (secret) => {
    const signature = new Uint8Array(await crypto.subtle.sign(HMAC.name, secret, signed));
    return `v1,${btoa(String.fromCharCode(...signature))}`;
  }));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

/** Undefined if it is no secret. */
function decodeSecret(line: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.from(atob(line.replace(PREFIX, "")), (character) => character.charCodeAt(0));
    return bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}
