import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { InvalidCursor } from "../../store/store.ts";
import { BadRequest, numberOf, queueOf, wordOf } from "./json.ts";
import { getRoute } from "./get.ts";

/** The longest that a cursor may be. */
const MAX_CURSOR = 1024;

/** A part of a queue's events in one state. */
export const events = getRoute({
  path: "/api/events",
  role: "inspect",
  async look({ url: { searchParams }, server: { store }, user }) {
    const queue = queueOf(searchParams.get("queue"), user);
    const state = wordOf(searchParams.get("state"), "The state", ["ready", "processing", "delayed"]);
    const cursor = searchParams.get("cursor") ?? "0";
    const count = numberOf(searchParams.get("count") ?? 50, "The count", 1, MAX_STEP_EVENTS);
    return await store.list(queue, state, cursor.slice(0, MAX_CURSOR), count).catch((error) => {
      throw error instanceof InvalidCursor ? new BadRequest("This part of the list is gone: begin anew", 410) : error;
    });
  },
});
