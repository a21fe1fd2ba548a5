/**
 * The Lua that applies okq's operations to its queues in Redis, joined from `dispatch.lua` and the files in `lua/`.
 *
 * Redis keeps what a library of functions has created, but runs the whole text of a script for each call. While it
 * loads a library, Redis 7.0 lets it use nothing, not even `string`: so the first call creates the functions.
 *
 * @module
 */
import { createHash } from "../../../deps.ts";
import { LAYOUT_VERSION } from "../keys.ts";
import acknowledge from "./lua/acknowledge.lua" with { type: "text" };
import contents from "./lua/contents.lua" with { type: "text" };
import deliver from "./lua/deliver.lua" with { type: "text" };
import groups from "./lua/groups.lua" with { type: "text" };
import inspect from "./lua/inspect.lua" with { type: "text" };
import limits from "./lua/limits.lua" with { type: "text" };
import prelude from "./lua/prelude.lua" with { type: "text" };
import push from "./lua/push.lua" with { type: "text" };
import queue from "./lua/queue.lua" with { type: "text" };
import readyList from "./lua/ready_list.lua" with { type: "text" };
import redelivery from "./lua/redelivery.lua" with { type: "text" };
import timetables from "./lua/timetables.lua" with { type: "text" };
import dispatch from "./dispatch.lua" with { type: "text" };
import { Library } from "./library.ts";

/** Each has its own local names, beside those of the prelude. */
const FILES = [push, deliver, acknowledge, redelivery, readyList, groups, contents, queue, limits, inspect, timetables];

const CREATE = `local function create(is_library)
${prelude}
${FILES.map((source) => `do\n${source}\nend`).join("\n")}
${dispatch}
return run
end`;

/** As a script. */
export const QUEUE_SOURCE: string = `${CREATE}\nreturn create(false)(KEYS, ARGV)`;

/** Versions of okq have names of their own, so that they can use one Redis together. */
const NAME = `okq_${LAYOUT_VERSION}_${createHash("sha1").update(CREATE).digest("hex").slice(0, 12)}`;

const LIBRARY = `#!lua name=${NAME}
${CREATE}
local run
redis.register_function('${NAME}', function(keys, args)
  run = run or create(true)
  return run(keys, args)
end)`;

export const queueLibrary: Library = new Library(NAME, LIBRARY, QUEUE_SOURCE);
