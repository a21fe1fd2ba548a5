/**
 * The connections of this okq instance that consume a queue.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { giveWay, slicesOf } from "../../core/util/slices.ts";
import { sameBytes } from "../../store/bytes.ts";
import { getRoute } from "./get.ts";
import { queueOf } from "./json.ts";

const MAX_SHOWN = 100;

interface Consumer {
  id: number;
  /** Remote `host:port`. */
  addr: string;
  /** As the client gave it; empty if it did not. */
  name: string;
  library: string;
  user: string;
  connectedMs: number;
  /** Since its last command. */
  idleMs: number;
  registered: boolean;
  /** Events of the queue that it claimed with HOLD. */
  held: number;
}

/** Like CLIENT LIST, for those that registered the queue or hold events of it. */
export const consumers = getRoute({
  path: "/api/consumers",
  role: "admin",
  async get(
    { params, server: { clients, connectionLeases }, user },
  ): Promise<{ found: number; consumers: Consumer[] }> {
    const queue = queueOf(params.get("queue"), user);
    const pause = giveWay();
    const held = connectionLeases.heldOf(queue);
    const consumers: Consumer[] = [];
    let found = 0;
    for (const slice of slicesOf(clients.values())) {
      for (const client of slice) {
        const registered = client.queues.some((name) => sameBytes(name, queue));
        if (!registered && !held.has(client)) continue;
        if (++found <= MAX_SHOWN) consumers.push({ ...describe(client), registered, held: held.get(client) ?? 0 });
      }
      await pause();
    }
    return { found, consumers };
  },
});

function describe(client: ClientContext): Omit<Consumer, "registered" | "held"> {
  const { id, addr, name, libName, libVersion, user, connectedAt, lastCommandAt } = client;
  return {
    id,
    addr,
    name,
    library: `${libName} ${libVersion}`.trim(),
    user: user?.name ?? "",
    connectedMs: Math.max(0, Date.now() - connectedAt),
    idleMs: Math.max(0, Date.now() - lastCommandAt),
  };
}
