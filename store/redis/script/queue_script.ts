/**
 * The script that applies okq's operations to its queues in Redis, joined from the files in `lua/`.
 *
 * Redis knows no modules, and runs the whole text for each call. Creating a Lua function takes time, the longer the
 * more outer variables it uses: all functions of the script together take half as long as a dozen pushes. So only what
 * every call needs is created at once. Each other file becomes a branch of `define_module(name)`, which creates its
 * functions when one of them is needed.
 *
 * @module
 */
import acknowledge from "./lua/acknowledge.lua" with { type: "text" };
import contents from "./lua/contents.lua" with { type: "text" };
import deliver from "./lua/deliver.lua" with { type: "text" };
import dispatch from "./lua/dispatch.lua" with { type: "text" };
import inspect from "./lua/inspect.lua" with { type: "text" };
import prelude from "./lua/prelude.lua" with { type: "text" };
import push from "./lua/push.lua" with { type: "text" };
import queue from "./lua/queue.lua" with { type: "text" };
import readyList from "./lua/ready_list.lua" with { type: "text" };
import redelivery from "./lua/redelivery.lua" with { type: "text" };
import { Script } from "./script.ts";

/** Chunks that use the prelude and return a table of functions. */
const MODULES: Record<string, string> = {
  push,
  deliver,
  acknowledge,
  redelivery,
  ready_list: readyList,
  contents,
  queue,
  inspect,
};

function defineModules(): string {
  const branches = Object.entries(MODULES).map(([name, source]) => `if module == '${name}' then\n${source}\nend`);
  return `define_module = function(module)\n${branches.join("\n")}\nend`;
}

export const QUEUE_SOURCE: string = [prelude, defineModules(), dispatch].join("\n");

export const queueScript: Script = new Script(QUEUE_SOURCE);
