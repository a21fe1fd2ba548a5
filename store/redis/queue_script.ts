/**
 * The script that does every operation of okq on its queues in Redis. Its parts are joined to one text, in which each
 * part uses what those before it define: Redis knows no modules.
 *
 * @module
 */
import batch from "./lua/batch.lua" with { type: "text" };
import events from "./lua/events.lua" with { type: "text" };
import figures from "./lua/figures.lua" with { type: "text" };
import giveBack from "./lua/give_back.lua" with { type: "text" };
import look from "./lua/look.lua" with { type: "text" };
import move from "./lua/move.lua" with { type: "text" };
import policy from "./lua/policy.lua" with { type: "text" };
import push from "./lua/push.lua" with { type: "text" };
import reclaim from "./lua/reclaim.lua" with { type: "text" };
import run from "./lua/run.lua" with { type: "text" };
import settle from "./lua/settle.lua" with { type: "text" };
import steer from "./lua/steer.lua" with { type: "text" };
import take from "./lua/take.lua" with { type: "text" };
import { Script } from "./script.ts";

/** `lua/batch.lua` says what it takes and returns. */
export const queueScript: Script = new Script(
  [batch, policy, events, push, take, settle, giveBack, figures, steer, reclaim, move, look, run].join("\n"),
);
