import { choice, flag, number, readOptions, seed, text } from "../../testing/program.ts";
import { assert } from "../deps.ts";

const OPTIONS = {
  store: choice(["a", "b"]),
  seconds: number(() => 30),
  minutes: number(() => 1, true),
  seed,
  flag,
  text,
};

Deno.test("readOptions reads the options of a long program, or takes their defaults", () => {
  const defaults = readOptions([], OPTIONS);
  assert.ok(Number.isInteger(defaults.seed));
  assert.deepEqual({ ...defaults, seed: 0 }, {
    ...{ store: ["a", "b"], seconds: 30, minutes: 1, seed: 0, flag: false, text: undefined },
  });
  const args = ["--store", "b", "--seconds", "5", "--minutes", "0.5", "--seed", "7", "--flag", "--text", "x"];
  assert.deepEqual(readOptions(args, OPTIONS), {
    ...{ store: ["b"], seconds: 5, minutes: 0.5, seed: 7, flag: true, text: "x" },
  });
  assert.deepEqual(readOptions(["--store", "all"], OPTIONS).store, ["a", "b"]);
});

Deno.test("readOptions refuses unknown names and anything but numbers, and says what is allowed", () => {
  assert.throws(() => readOptions(["--store", "a,c"], OPTIONS), /--store c: allowed are all, a, b$/);
  assert.throws(() => readOptions(["--seconds", "0.5"], OPTIONS), /--seconds 0.5: it must be a whole number$/);
  assert.throws(() => readOptions(["--minutes", "-"], OPTIONS), /--minutes -: it must be a number$/);
  assert.throws(() => readOptions(["--nope"], OPTIONS), /--nope/);
});
