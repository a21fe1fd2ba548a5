import { User } from "../../core/auth/user.ts";
import { Log } from "../../core/log.ts";
import { logActionOf } from "../../core/operator_log.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { assert } from "../deps.ts";

/** The lines that an action leaves, without their times. */
async function linesOf(work: Promise<{ changed: number }>): Promise<string[]> {
  const lines: string[] = [];
  const log = new Log("info", (line) => lines.push(line.replace(/^\S+ /, "").trimEnd()));
  const operator = { server: { log }, user: new User("ann", ["admin"], ["*"]), addr: "10.0.0.7:1" };
  const logged = logActionOf(operator, "flush", { queue: "q" }, work);
  operator.user = new User("bob", ["admin"], ["*"]); // a later login on the same connection
  const [result] = await Promise.allSettled([logged]);
  assert.deepEqual([result], await Promise.allSettled([work]));
  return lines;
}

Deno.test("logActionOf logs what is done, with who began it, also if nothing changed", async () => {
  for (const changed of [3, 0]) {
    assert.deepEqual(await linesOf(Promise.resolve({ changed })), [
      `info Operator action action=flush user=ann addr=10.0.0.7:1 queue=q changed=${changed}`,
    ]);
  }
});

Deno.test("logActionOf warns if the outcome is unknown", async () => {
  assert.deepEqual(await linesOf(Promise.reject(new StoreUnavailable("no answer came", true))), [
    "warn Operator action: outcome unknown action=flush user=ann addr=10.0.0.7:1 queue=q " +
    'error="StoreUnavailable: The outcome is unknown: no answer came; it may have been done or not"',
  ]);
});

Deno.test("logActionOf logs nothing if nothing was done", async () => {
  assert.deepEqual(await linesOf(Promise.reject(new StoreUnavailable("it is away", false))), []);
  assert.deepEqual(await linesOf(Promise.reject(new Error("refused"))), []);
});
