/**
 * The connections of this okq instance that consume a queue.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { giveWay, slicesOf } from "../../core/util/slices.ts";
import { sameBytes } from "../../store/bytes.ts";
import { json, secondsOf } from "../response.ts";
import { route } from "../route.ts";
import { arrayOf, BOOLEAN, INTEGER, jsonOf, object, SECONDS, STRING } from "../schemas.ts";

const MAX_SHOWN = 100;

const CONSUMER = object({
  id: INTEGER,
  addr: STRING,
  name: STRING,
  library: STRING,
  user: STRING,
  connected: SECONDS,
  idle: { type: "number", description: "Seconds since its last command" },
  registered: BOOLEAN,
  held: { type: "integer", description: "Events of the queue that it claimed with HOLD" },
});

/** Like CLIENT LIST, for those that registered the queue or hold events of it. */
export const consumers = route({
  method: "GET",
  path: "/queues/{queue}/consumers",
  role: "admin",
  about: {
    operation: "listConsumers",
    summary: "Lists the connections to this okq that have registered a queue, or hold events of it",
    description: `At most ${MAX_SHOWN}; clients of HTTP are not among them.`,
    responses: { 200: jsonOf("Consumers", object({ found: INTEGER, consumers: arrayOf(CONSUMER) })) },
  },
  async handle({ path: { queue }, server: { clients, connectionLeases } }) {
    const pause = giveWay();
    const held = connectionLeases.heldOf(queue);
    const consumers: unknown[] = [];
    let found = 0;
    for (const slice of slicesOf(clients.values())) {
      for (const client of slice) {
        const registered = client.queues.some((name) => sameBytes(name, queue));
        if (!registered && !held.has(client)) continue;
        if (++found <= MAX_SHOWN) consumers.push({ ...describe(client), registered, held: held.get(client) ?? 0 });
      }
      await pause();
    }
    return json({ found, consumers });
  },
});

function describe(client: ClientContext): Record<string, unknown> {
  const { id, addr, name, libName, libVersion, user, connectedAt, lastCommandAt } = client;
  return {
    id,
    addr,
    name,
    library: `${libName} ${libVersion}`.trim(),
    user: user?.name ?? "",
    connected: secondsOf(Math.max(0, Date.now() - connectedAt)),
    idle: secondsOf(Math.max(0, Date.now() - lastCommandAt)),
  };
}
