/**
 * `cli consume --post URL queue`: sends each event as a POST request. The status of the response settles the event:
 *
 *     2xx ──▶ acknowledged     410, 422 ──▶ dead     other ──▶ delivered again, after Retry-After or a growing delay
 *
 * @module
 */
import { OkqError } from "../../errors.ts";
import type { Delivery, QueuedEvent } from "../../event.ts";
import { messageOf } from "../console.ts";
import { CannotGoOn, type EventHandler } from "./handler.ts";
import { readSecrets, signatureHeaders } from "./signature.ts";

export interface PostRequest {
  /** `http:` or `https:`. */
  url: string;
  /** Longest time for a request and its response, in seconds. */
  timeout: number;
  /** File with the secrets that requests are signed with; without one they are not signed. */
  secretFile?: string;
}

/** Statuses that say that no further attempt can help: Gone and Unprocessable Content. */
const DEAD_STATUSES = [410, 422];

/** Bounds of the time that a Retry-After may ask for. */
const MIN_RETRY_AFTER_MS = 1000;
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

/** A response is read so far, so that its connection serves the next request. A longer one is cut off. */
const MAX_RESPONSE_BYTES = 64 * 1024;

const DEFAULT_CONTENT_TYPE = "application/octet-stream";
const CONTENT_TYPE = /^[\w.+-]+\/[\w.+-]+ *(;[\x20-\x7e]*)?$/;

const VISIBLE = /[!-$&-~]/; // but the percent sign
const UNRESERVED = /[\w~-]/; // but the full stop, which ends the id in what is signed

const utf8 = new TextEncoder();

/** The endpoint did not take the event. */
class PostFailed extends OkqError {}

/** @throws {Error} if the file of secrets cannot be used */
export async function postHandler({ url, timeout, secretFile }: PostRequest): Promise<EventHandler> {
  const secrets = secretFile === undefined ? [] : await readSecrets(secretFile);
  return async (event) => {
    const headers = headersOf(event);
    if (secrets.length > 0) {
      const id = `${percentEncode(event.queue, UNRESERVED)}/${percentEncode(idOf(event), UNRESERVED)}`;
      Object.assign(headers, await signatureHeaders(secrets, id, event.contents));
    }
    await settle(event, await post(url, headers, event, timeout));
  };
}

/**
 * Sends the request and reads the response.
 *
 * @throws {PostFailed} if there was no response in time
 * @throws {CannotGoOn} if a permission is missing
 */
async function post(
  url: string,
  headers: Record<string, string>,
  event: QueuedEvent,
  timeout: number,
): Promise<Response> {
  const tooLate = new AbortController();
  const timer = setTimeout(() => tooLate.abort(), timeout * 1000);
  const signal = AbortSignal.any([tooLate.signal, event.signal]);
  const body = event.contents as Uint8Array<ArrayBuffer>;
  try {
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    await discard(response).catch(() => {}); // the status says it all
    return response;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw new CannotGoOn(`Cannot send events: ${error.message}`);
    if (event.signal.aborted) throw new PostFailed("the lease ended before there was a response");
    if (tooLate.signal.aborted) throw new PostFailed(`no response within ${timeout} s`);
    const cause = error instanceof Error && error.cause || error;
    throw new PostFailed(`no response: ${messageOf(cause).replace(/ for url \(.*?\)/, "")}`); // URLs may hold passwords
  } finally {
    clearTimeout(timer);
  }
}

/** @throws {PostFailed} unless the event is done */
async function settle(event: QueuedEvent, { ok, status, statusText, headers }: Response): Promise<void> {
  if (ok) return;
  const isRedirect = status >= 300 && status < 400;
  const reason = `${status} ${statusText}`.trim() + (isRedirect ? ": redirects are not followed" : "");
  const delayMs = retryAfterMs(headers.get("retry-after"));
  if (DEAD_STATUSES.includes(status)) await event.bury({ reason });
  else if (delayMs !== undefined) await event.nack({ reason, delayMs });
  throw new PostFailed(reason);
}

async function discard({ body }: Response): Promise<void> {
  let left = MAX_RESPONSE_BYTES;
  for await (const chunk of body ?? []) {
    left -= chunk.length;
    if (left < 0) return; // which cancels the body
  }
}

/** What is known of an event besides its contents. */
function headersOf(event: QueuedEvent): Record<string, string> {
  const contentType = event.meta["content-type"] ?? "";
  return {
    "content-type": CONTENT_TYPE.test(contentType) ? contentType : DEFAULT_CONTENT_TYPE,
    "okq-queue": percentEncode(event.queue),
    "okq-id": percentEncode(idOf(event)),
    "okq-attempt": `${event.attempt}`,
    ...(event.group === null ? {} : { "okq-group": percentEncode(event.group) }),
    ...(event.metaBytes === null ? {} : { "okq-meta": percentEncode(event.metaBytes) }),
  };
}

/** Bytes if they are not UTF-8: receivers tell events apart by it. */
function idOf(event: QueuedEvent): string | Uint8Array {
  return (event as Delivery<Uint8Array>).idArg;
}

/** Encodes what is not ASCII, white space and percent signs, so that `decodeURIComponent` returns what is UTF-8. */
export function percentEncode(value: string | Uint8Array, plain = VISIBLE): string {
  const bytes = typeof value === "string" ? utf8.encode(value) : value;
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** How long a Retry-After asks to wait, in milliseconds and within bounds; undefined if it cannot be read. */
export function retryAfterMs(value: string | null, now = Date.now()): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS);
}
