import { DeadLetterLog } from "../../core/dead_letter_log.ts";
import { Log } from "../../core/log.ts";
import { assert } from "../deps.ts";
import { bytes } from "../support/wire.ts";

function newLog(): { log: DeadLetterLog; lines: () => string[] } {
  const lines: string[] = [];
  const log = new DeadLetterLog(new Log("info", (line) => lines.push(line.replace(/^\S+ /, "").trimEnd())));
  return { log, lines: () => lines.splice(0) };
}

Deno.test("DeadLetterLog names the queue, the event and the reason", () => {
  const { log, lines } = newLog();
  log.count("jobs\xff", 1);
  log.name(bytes("jobs\xff"), bytes("a\n"), bytes("it is odd"));
  log.flush(0);
  assert.deepEqual(lines(), ['info Events died queue="jobs\\xFF" events=1 id="a\\n" reason="it is odd"']);
  log.flush(Infinity);
  assert.deepEqual(lines(), []);
});

Deno.test("DeadLetterLog writes a line per queue and minute, and loses no count", () => {
  const { log, lines } = newLog();
  for (let second = 0; second < 90; second++) {
    log.count("a", 10);
    if (second === 5) log.count("b", 1);
    log.flush(second * 1000);
  }
  assert.deepEqual(lines(), [
    'info Events died queue="a" events=10',
    'info Events died queue="b" events=1',
    'info Events died queue="a" events=600',
  ]);
  log.flush(Infinity);
  assert.deepEqual(lines(), ['info Events died queue="a" events=290']);
});

Deno.test("DeadLetterLog sums up what died in many queues at once", () => {
  const { log, lines } = newLog();
  for (let i = 0; i < 1000; i++) log.count(`q${i}`, 2);
  log.flush(0);
  const written = lines();
  assert.equal(written.length, 21);
  assert.equal(written.at(-1), "info Events died in further queues queues=980 events=1960");
});

Deno.test("DeadLetterLog keeps no name of an event that is not counted", () => {
  const { log, lines } = newLog();
  log.name(bytes("q"), bytes("id"), undefined);
  log.flush(Infinity);
  assert.deepEqual(lines(), []);
});
