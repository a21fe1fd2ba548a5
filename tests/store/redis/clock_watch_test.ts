import { ClockWatch } from "../../../store/redis/clock_watch.ts";
import { assert } from "../../deps.ts";

Deno.test("ClockWatch pauses for 15 s after the clock was set forward, and not for the time that replies take", () => {
  const watch = new ClockWatch();
  const HOUR = 3_600_000;
  assert.equal(watch.pauses(1_000_000, 0, 5), false);
  assert.equal(watch.pauses(1_000_300, 300, 305), false);
  assert.equal(watch.pauses(1_008_300, 8_300, 8_301), false, "no look for a while");
  assert.equal(watch.pauses(1_008_600, 8_600, 16_000), false, "a late reply");
  assert.equal(watch.pauses(1_016_100, 16_010, 16_020), false, "and the next one soon after it");
  assert.equal(watch.pauses(HOUR, 16_300, 16_310), true);
  assert.equal(watch.pauses(HOUR + 14_900, 31_200, 31_300), true);
  assert.equal(watch.pauses(HOUR + 15_100, 31_400, 31_410), false);
  assert.equal(watch.pauses(1_031_800, 31_700, 31_705), false, "set back");
});

Deno.test("ClockWatch tells the minute of the clock, also when it was set", () => {
  const watch = new ClockWatch();
  assert.equal(watch.minute, 0);
  const minutes = [120_000, 179_999, 180_000, 3_600_000, 60_000].map((clock) => {
    watch.pauses(clock, 0, 0);
    return watch.minute;
  });
  assert.deepEqual(minutes, [2, 2, 3, 60, 1]);
});
