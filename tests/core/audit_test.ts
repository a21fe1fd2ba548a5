import { audited } from "../../core/audit.ts";
import { User } from "../../core/auth/user.ts";
import { Log } from "../../core/log.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { assert } from "../deps.ts";

/** Returns the log lines of an action without their times, and its result. */
async function linesOf(run: () => Promise<{ changed: number }>): Promise<string[]> {
  const lines: string[] = [];
  const log = new Log("info", (line) => lines.push(line.replace(/^\S+ /, "")));
  const actor = { server: { log }, user: new User("ann", [], []), addr: "127.0.0.1:1" };
  await audited(actor, "flush", { queue: Uint8Array.of(0x71, 0xff) }, run).catch(() => {});
  return lines;
}

Deno.test("audited logs who changed what, and how much", async () => {
  assert.deepEqual(await linesOf(() => Promise.resolve({ changed: 2, skipped: 1 })), [
    'info Operator action action=flush user=ann addr=127.0.0.1:1 queue="q\\xFF" changed=2 skipped=1\n',
  ]);
});

Deno.test("audited logs nothing if nothing changed, and a warning if that is not known", async () => {
  assert.deepEqual(await linesOf(() => Promise.resolve({ changed: 0 })), []);
  assert.deepEqual(await linesOf(() => Promise.reject(new StoreUnavailable("it is away", false))), []);
  const [line] = await linesOf(() => Promise.reject(new StoreUnavailable("it is away", true)));
  assert.match(line, /^warn Operator action: outcome unknown action=flush user=ann /);
});
