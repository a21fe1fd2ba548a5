import { readArguments } from "../../client/cli.ts";
import { assert } from "../deps.ts";

Deno.test("The command line client asks 127.0.0.1:4777 by default", () => {
  assert.deepEqual(readArguments(["PING"]), { hostname: "127.0.0.1", port: 4777, command: ["PING"] });
});

Deno.test("The command line client takes host and port", () => {
  const expected = { hostname: "box", port: 1, command: ["PING", "-h"] };
  assert.deepEqual(readArguments(["-h", "box", "-p", "1", "PING", "-h"]), expected);
  assert.deepEqual(readArguments(["--addr", "box:1", "PING", "-h"]), expected);
});

Deno.test("The command line client takes an IPv6 address in brackets", () => {
  assert.deepEqual(readArguments(["--addr", "[::1]:1", "PING"]), { hostname: "::1", port: 1, command: ["PING"] });
});

for (
  const args of [[], ["-x", "1", "PING"], ["-p", "99999", "PING"], ["-p", "x", "PING"], ["-h"], [
    "--addr",
    "box",
    "PING",
  ]]
) {
  Deno.test(`The command line client refuses ${JSON.stringify(args)}`, () => {
    assert.equal(readArguments(args), undefined);
  });
}
