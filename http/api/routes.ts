/**
 * What the page asks for.
 *
 * @module
 */
import type { Route } from "../route.ts";
import { bury } from "./bury.ts";
import { contents, event, peek } from "./event.ts";
import { events } from "./events.ts";
import { session } from "./session.ts";
import { move } from "./move.ts";
import { push } from "./push.ts";
import { queue } from "./queue.ts";
import { queues } from "./queues.ts";
import { ack, nack } from "./event_actions.ts";
import { flush, pause, resume } from "./queue_actions.ts";

/** Looks, then actions. */
export const API: readonly Route[] = [
  session,
  queues,
  queue,
  events,
  event,
  peek,
  contents,
  push,
  ack,
  nack,
  bury,
  move,
  flush,
  pause,
  resume,
];
