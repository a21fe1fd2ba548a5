import { ExclusiveTurnLimit } from "../../../core/connection/turn_limit.ts";
import { assert } from "../../deps.ts";

/** How to begin commands until the row is broken; resolves to how many ms the break lasts. */
function row(): () => Promise<number> {
  let goOn = () => {};
  const breather = new ExclusiveTurnLimit(() => goOn());
  return async () => {
    const over = new Promise<void>((resolve) => goOn = resolve);
    while (!breather.breaks());
    const since = performance.now();
    await over;
    return performance.now() - since;
  };
}

Deno.test("Breather breaks a row that goes on for longer and longer", async () => {
  const untilBreak = row();
  let all = 0;
  for (let i = 0; i < 5; i++) all += await untilBreak();
  assert.ok(all >= 1 + 2 + 4 + 8 + 8 - 5, `rested for ${all} ms`); // timers may be a little early
});
