import { helpText } from "../../../core/cli/help.ts";
import { PROGRAMS } from "../../../server.ts";
import { assert } from "../../deps.ts";

Deno.test("helpText shows every option and command", () => {
  const text = helpText(
    [{ name: "QACK", syntax: "queue eventId [REDO]", summary: "Removes an event" }],
    Object.values(PROGRAMS).flatMap(({ usage }) => usage),
  );
  for (
    const option of ["listen-addr", "store", "store-timeout", "max-event-bytes", "max-noblock-pushes", "log-level"]
  ) {
    assert.match(text, new RegExp(`^  --${option} <`, "m"));
  }
  for (const program of ["store check", "store backup <file>", "migrate"]) {
    assert.ok(text.includes(`  ${program} `), program);
  }
  assert.match(text, /^ {2}QACK queue eventId \[REDO\]\n {6}Removes an event$/m);
});

Deno.test("helpText names the variable of each option, and the permission that it needs", () => {
  const text = helpText([], []);
  for (const variable of ["OKQ_LISTEN_ADDR", "OKQ_REQUIREPASS", "OKQ_STORE_TIMEOUT"]) {
    assert.ok(text.includes(`${variable}, with --allow-env=${variable}\n`), variable);
  }
});
