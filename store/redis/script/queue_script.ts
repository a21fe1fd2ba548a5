/**
 * The script that does every operation of okq on its queues in Redis. Its parts are joined to one text, in which each
 * part uses what those before it define: Redis knows no modules.
 *
 * Redis runs the whole text for each call, and it takes some time to make a Lua function, the longer the more it uses of
 * what stands around it: all of these together half as long as a dozen pushes. So the parts that not every call needs are
 * grouped into functions, and what is in them is made when it is needed.
 *
 * @module
 */
import batch from "./lua/batch.lua" with { type: "text" };
import current from "./lua/current.lua" with { type: "text" };
import events from "./lua/events.lua" with { type: "text" };
import figures from "./lua/figures.lua" with { type: "text" };
import giveBack from "./lua/give_back.lua" with { type: "text" };
import heads from "./lua/heads.lua" with { type: "text" };
import look from "./lua/look.lua" with { type: "text" };
import move from "./lua/move.lua" with { type: "text" };
import policy from "./lua/policy.lua" with { type: "text" };
import push from "./lua/push.lua" with { type: "text" };
import pushWith from "./lua/push_with.lua" with { type: "text" };
import reclaim from "./lua/reclaim.lua" with { type: "text" };
import record from "./lua/record.lua" with { type: "text" };
import rest from "./lua/rest.lua" with { type: "text" };
import run from "./lua/run.lua" with { type: "text" };
import settle from "./lua/settle.lua" with { type: "text" };
import steer from "./lua/steer.lua" with { type: "text" };
import take from "./lua/take.lua" with { type: "text" };
import { Script } from "./script.ts";

/** A function of parts, of which the last returns what they make. */
const made = (name: string, ...parts: string[]) => [`${name} = function()`, ...parts, "end"].join("\n");

/** Its text. `lua/batch.lua` says what it takes and returns. */
export const QUEUE_SOURCE: string = [
  batch,
  policy,
  events,
  made("local make_push", push),
  made("local make_take", take),
  made("local make_settle", current, settle),
  made("make_rest", record, heads, current, pushWith, giveBack, figures, steer, reclaim, move, look, rest),
  run,
].join("\n");

/** The script. */
export const queueScript: Script = new Script(QUEUE_SOURCE);
