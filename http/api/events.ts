import { InvalidCursor, MOST_AT_ONCE } from "../../store/store.ts";
import { numberOf, queueOf, Refusal, wordOf } from "./json.ts";
import { looking } from "./get.ts";

/** The longest that a cursor may be. */
const MAX_CURSOR = 1024;

/** A part of a queue's events in one state. */
export const events = looking({
  path: "/api/events",
  role: "inspect",
  async look({ url: { searchParams }, okq: { store }, user }) {
    const queue = queueOf(searchParams.get("queue"), user);
    const state = wordOf(searchParams.get("state"), "The state", ["ready", "processing", "delayed"]);
    const cursor = searchParams.get("cursor") ?? "0";
    const count = numberOf(searchParams.get("count") ?? 50, "The count", 1, MOST_AT_ONCE);
    return await store.list(queue, state, cursor.slice(0, MAX_CURSOR), count).catch((error) => {
      throw error instanceof InvalidCursor ? new Refusal("This part of the list is gone: begin anew", 410) : error;
    });
  },
});
