import { CommandError } from "../../core/command_spec.ts";
import {
  beginningOf,
  bytesOf,
  byteString,
  errorResponse,
  HttpError,
  json,
  readJson,
  streamOf,
} from "../../http/response.ts";
import { QueueFull, StoreUnavailable } from "../../store/store.ts";
import { assert, fc } from "../deps.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("bytesOf reads what byteString makes of any bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const value = JSON.parse(JSON.stringify(byteString(bytes)));
    assert.deepEqual(bytesOf(value, "x"), Uint8Array.from(bytes));
  }));
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    if (text.isWellFormed()) assert.equal(byteString(encode(text)), text);
  }));
  for (const text of ["", "a", "é", "\ufeffx", "x".repeat(100)]) assert.equal(byteString(encode(text)), text);
  assert.deepEqual(byteString(Uint8Array.of(0xc3)), { base64: "ww==" });
});

Deno.test("bytesOf refuses what is no byte string", () => {
  for (const value of [undefined, null, 1, [], {}, { base64: 1 }, { base64: "!" }, { base64: "", x: 1 }, "\ud800"]) {
    assert.throws(() => bytesOf(value, "id"), { name: "HttpError", status: 400, message: /^id / });
  }
});

Deno.test("beginningOf cuts no character of UTF-8", () => {
  for (const [text, cut] of [["aé", 2], ["a€", 3], ["a😀", 4], ["aé", 3], ["abc", 2]] as const) {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const beginning = decoder.decode(beginningOf(encode(text), cut));
    assert.ok(text.startsWith(beginning) && encode(text).length - encode(beginning).length <= 4, text);
  }
  assert.deepEqual(beginningOf(encode("aé"), 2), encode("a"));
  assert.deepEqual(beginningOf(encode("ab"), 2), encode("ab"));
  assert.deepEqual(beginningOf(new Uint8Array(9).fill(0x80), 5).length, 5); // not UTF-8
});

Deno.test("json writes byte strings, and ends the line", async () => {
  const response = json({ a: encode("é"), b: Uint8Array.of(255), c: [null, 1] });
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(await response.text(), '{"a":"é","b":{"base64":"/w=="},"c":[null,1]}\n');
});

Deno.test("readJson reads an object with known members", () => {
  assert.deepEqual(readJson(encode('{"a":1}'), ["a", "b"]), { a: 1 });
  for (const text of ["", "[]", "null", "1", "{"]) {
    assert.throws(() => readJson(encode(text), ["a"]), { message: "the request body must be a JSON object" });
  }
  const message = "unknown member 'c' in the request body: it may have a and b";
  assert.throws(() => readJson(encode('{"c":1}'), ["a", "b"]), { message });
});

Deno.test("errorResponse has one line and the status of the error", async () => {
  const responseTo = async (error: unknown) => {
    const response = errorResponse(error)!;
    return [response.status, (await response.json()).error];
  };
  assert.deepEqual(await responseTo(new HttpError(404, "no\nsuch")), [404, "no\\nsuch"]);
  assert.deepEqual(await responseTo(new CommandError("ERR wrong")), [400, "wrong"]);
  assert.deepEqual(await responseTo(new CommandError("NOPERM No permissions")), [403, "No permissions"]);
  assert.deepEqual(await responseTo(new QueueFull()), [429, "queue full"]);
  const [status, text] = await responseTo(new StoreUnavailable("it is away", true));
  assert.deepEqual([status, `${text}`.startsWith("The outcome is unknown: it is away")], [503, true]);
  assert.equal(errorResponse(new TypeError("a bug")), undefined);
});

Deno.test("streamOf tells whether all of it was taken", async () => {
  const bytes = new Uint8Array(200_000).map((_, i) => i);
  const ends: boolean[] = [];
  const stream = () => streamOf(bytes, (isSent) => ends.push(isSent));
  assert.deepEqual(await new Response(stream()).bytes(), bytes);
  const reader = stream().getReader();
  await reader.read();
  await reader.cancel();
  assert.deepEqual(ends, [true, false]);
});
