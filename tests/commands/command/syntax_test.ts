import { readSyntax } from "../../../commands/command/syntax.ts";
import { assert } from "../../deps.ts";

Deno.test("readSyntax reads values and an optional flag", () => {
  assert.deepEqual(readSyntax("queue eventId [NOBLOCK]"), [
    { name: "queue", type: "string" },
    { name: "eventId", type: "string" },
    { name: "noblock", type: "pure-token", token: "NOBLOCK", optional: true },
  ]);
});

Deno.test("readSyntax reads repeated arguments", () => {
  assert.deepEqual(readSyntax("[queue ...]"), [{ name: "queue", type: "string", multiple: true, optional: true }]);
  assert.deepEqual(readSyntax("queue [queue ...]"), [{ name: "queue", type: "string", multiple: true }]);
  assert.deepEqual(readSyntax("QUEUES queue [queue ...]"), [
    { name: "queue", type: "string", token: "QUEUES", multiple: true },
  ]);
});

Deno.test("readSyntax reads repeated groups of values", () => {
  assert.deepEqual(readSyntax("queue field value [field value ...]"), [
    { name: "queue", type: "string" },
    {
      name: "field-value",
      type: "block",
      multiple: true,
      parts: [{ name: "field", type: "string" }, { name: "value", type: "string" }],
    },
  ]);
});

Deno.test("readSyntax reads a word with values that repeat", () => {
  assert.deepEqual(readSyntax("EVENTS eventId contents [eventId contents ...]"), [{
    name: "eventId-contents",
    type: "block",
    token: "EVENTS",
    multiple: true,
    parts: [{ name: "eventId", type: "string" }, { name: "contents", type: "string" }],
  }]);
});

Deno.test("readSyntax reads alternatives", () => {
  assert.deepEqual(readSyntax("[EX seconds | HOLD]"), [{
    name: "seconds-or-hold",
    type: "oneof",
    optional: true,
    parts: [{ name: "seconds", type: "double", token: "EX" }, { name: "hold", type: "pure-token", token: "HOLD" }],
  }]);
});

Deno.test("readSyntax reads alternative words after a word", () => {
  assert.deepEqual(readSyntax("[STATE ready|done]"), [{
    name: "ready-or-done",
    type: "oneof",
    token: "STATE",
    optional: true,
    parts: [{ name: "ready", type: "pure-token", token: "ready" }, { name: "done", type: "pure-token", token: "done" }],
  }]);
});

Deno.test("readSyntax reads a word with several values", () => {
  assert.deepEqual(readSyntax("[AUTH username password]"), [{
    name: "username-password",
    type: "block",
    token: "AUTH",
    optional: true,
    parts: [{ name: "username", type: "string" }, { name: "password", type: "string" }],
  }]);
});

Deno.test("readSyntax reads an empty line", () => assert.deepEqual(readSyntax(""), []));
