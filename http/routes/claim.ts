/**
 * Claims of events, which may wait for one.
 *
 * Events are given back as if they had not been delivered if the client goes while its claim waits, or while a long
 * response is sent. Of a short response Deno does not say whether it was sent: then they come back when their leases
 * end.
 *
 * @module
 */
import { countUpTo } from "../../core/arguments.ts";
import type { ServerContext } from "../../core/context.ts";
import type { BlockedClient } from "../../core/delivery/blocking.ts";
import { type ClaimedEvent, claimFrom, type ClaimRequest, deliveriesOf } from "../../core/delivery/claims.ts";
import type { Waiters } from "../../core/delivery/waiters.ts";
import { giveWay } from "../../core/util/slices.ts";
import { MAX_CLAIM_COUNT } from "../../store/limits.ts";
import { type Parameter, percentEncode, seconds } from "../parameters.ts";
import { byteString, HttpError, JSON_TYPE } from "../response.ts";
import { route } from "../route.ts";
import { arrayOf, BINARY, BYTES, BYTES_OR_NULL, INTEGER, jsonContent, object, STRING } from "../schemas.ts";

const OCTETS = "application/octet-stream";

const COUNT: Parameter<number> = {
  read: countUpTo(MAX_CLAIM_COUNT),
  required: false,
  schema: { type: "integer", minimum: 1, default: 1 },
  description: `The most events, 1 by default; more than ${MAX_CLAIM_COUNT} are ${MAX_CLAIM_COUNT}`,
};

const EVENT = object({
  id: BYTES,
  contents: BYTES,
  attempt: INTEGER,
  receipt: STRING,
  group: BYTES_OR_NULL,
  meta: BYTES_OR_NULL,
});

export const claim = route({
  method: "POST",
  path: "/queues/{queue}/claims",
  role: "consume",
  weight: "small",
  query: {
    count: COUNT,
    lease: seconds("The lease: by default that of the queue's policy; 0 removes the events at once"),
    wait: seconds("How long to wait for an event if none is ready"),
  },
  about: {
    operation: "claim",
    summary: "Leases events, and can wait for one",
    description:
      "With `Accept: application/octet-stream` the response has the contents of one event, and the rest in the " +
      "headers Okq-Id, Okq-Attempt, Okq-Receipt, Okq-Group and Okq-Meta, percent-encoded.",
    responses: {
      200: {
        description: "The events",
        content: [jsonContent(object({ events: arrayOf(EVENT) })), { type: OCTETS, schema: BINARY }],
      },
      204: "There is no event, or none came in time",
    },
    errors: [429],
  },
  async handle({ request: { headers }, path: { queue }, query, server, send, ...context }) {
    const { count = 1, lease, wait } = query;
    const { store, waiters } = server;
    const isRaw = headers.get("accept")?.includes(OCTETS) ?? false;
    if (isRaw && count !== 1) throw new HttpError(400, `Accept: ${OCTETS} needs count=1`);
    const request = { queues: [queue], count, leaseMs: lease };
    if (wait) requireRoomToWait(server);
    const claimed = wait
      ? await context.wait((client) => waitAndClaim(client, waiters, request, wait))
      : await claimFrom(store, waiters.claimBudget, request);
    if (claimed.length === 0) return new Response(null, { status: 204 });
    const body = isRaw ? claimed[0].contents : await eventsJson(claimed);
    const deliveries = deliveriesOf(claimed);
    waiters.claimBudget.take(body.length);
    const sent = send(body, (isSent) => {
      waiters.claimBudget.free(body.length);
      if (!isSent && lease !== 0) waiters.giveBack(deliveries);
    });
    return new Response(sent, { headers: isRaw ? rawHeaders(claimed[0]) : JSON_TYPE });
  },
});

function requireRoomToWait({ limits, waiters }: ServerContext): void {
  if (waiters.blockedClients < limits.maxBlockedClients) return;
  const message = `too many blocked clients: --max-blocked-clients is ${limits.maxBlockedClients}`;
  throw new HttpError(429, message, { "retry-after": "1" });
}

async function waitAndClaim(
  client: BlockedClient,
  waiters: Waiters,
  request: ClaimRequest,
  waitMs: number,
): Promise<ClaimedEvent[]> {
  const claimed = await waiters.claim(client, request, waitMs);
  if (!client.signal.aborted) return claimed;
  waiters.giveBack(deliveriesOf(claimed));
  return [];
}

/** Not in one piece: text of megabytes takes its time. */
async function eventsJson(claimed: ClaimedEvent[]): Promise<string> {
  if (claimed.length === 1) return `{"events":[${eventJson(claimed[0])}]}\n`;
  const pause = giveWay();
  const events: string[] = [];
  for (const event of claimed) {
    events.push(eventJson(event));
    await pause();
  }
  return `{"events":[${events.join(",")}]}\n`;
}

function eventJson({ id, contents, attempt, receipt, group, meta }: ClaimedEvent): string {
  return JSON.stringify({
    id: byteString(id),
    contents: byteString(contents),
    attempt,
    receipt: byteString(receipt),
    group: group && byteString(group),
    meta: meta && byteString(meta),
  });
}

function rawHeaders({ id, attempt, receipt, group, meta }: ClaimedEvent): Record<string, string> {
  return {
    "content-type": OCTETS,
    "okq-id": percentEncode(id),
    "okq-attempt": `${attempt}`,
    "okq-receipt": percentEncode(receipt),
    ...group ? { "okq-group": percentEncode(group) } : {},
    ...meta ? { "okq-meta": percentEncode(meta) } : {},
  };
}
