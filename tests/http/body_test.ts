import { BackPressure, FREE_BYTES } from "../../core/connection/back_pressure.ts";
import { RequestBody } from "../../http/body.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { TEST_MS } from "../support/limits.ts";

const URL = "http://127.0.0.1/";

interface Sent {
  body: RequestBody;
  /** Sends more of the body. */
  write(bytes: Uint8Array): void;
  end(): void;
}

/** A body that arrives in parts. */
function streamed(backPressure: BackPressure, timeoutMs = TEST_MS, headers: Record<string, string> = {}): Sent {
  let sender!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (sender = controller) });
  const request = new Request(URL, {
    method: "POST",
    body: stream as ReadableStream<Uint8Array<ArrayBuffer>>,
    headers,
  });
  const body = new RequestBody(request, backPressure, timeoutMs);
  return { body, write: (bytes) => sender.enqueue(bytes), end: () => sender.close() };
}

const part = (size: number) => new Uint8Array(size).fill(7);
const nothing = () => new BackPressure(Infinity);

Deno.test("RequestBody reads what arrives, in one part or many", async () => {
  const whole = new RequestBody(new Request(URL, { method: "POST", body: "abc" }), nothing(), TEST_MS);
  assert.deepEqual(await whole.read(3, "contents"), new TextEncoder().encode("abc"));
  const { body, write, end } = streamed(nothing());
  const reading = body.read(FREE_BYTES * 3, "contents");
  for (const size of [1, FREE_BYTES, 0, FREE_BYTES, 5]) write(part(size));
  end();
  assert.deepEqual(await reading, part(2 * FREE_BYTES + 6));
  const empty = new RequestBody(new Request(URL, { method: "POST" }), nothing(), TEST_MS);
  assert.deepEqual(await empty.read(0, "contents"), new Uint8Array());
});

Deno.test("RequestBody refuses a body as soon as it is known to be too long", async () => {
  const tooLong = { name: "HttpError", status: 413, message: "contents must be at most 10 bytes long" };
  const declared = streamed(nothing(), TEST_MS, { "content-length": "11" });
  await assert.rejects(declared.body.read(10, "contents"), tooLong);
  const { body, write } = streamed(nothing());
  const reading = assert.rejects(body.read(10, "contents"), tooLong);
  write(part(6));
  write(part(6));
  await reading;
});

Deno.test("RequestBody refuses a body that does not arrive in time", async () => {
  const { body, write } = streamed(nothing(), 20);
  const reading = body.read(10, "contents");
  write(part(1));
  await assert.rejects(reading, { status: 408, message: "the request body must arrive within 0.02 s" });
});

Deno.test("RequestBody counts what it has read until it is freed, and does not read on at the limit", async () => {
  const backPressure = new BackPressure(FREE_BYTES);
  const { body, write, end } = streamed(backPressure, 50);
  const reading = body.read(FREE_BYTES * 9, "contents");
  write(part(FREE_BYTES + 1));
  await eventually(() => backPressure.stalled === 1);
  assert.equal(backPressure.bytes, FREE_BYTES + 1);
  await new Promise((resolve) => setTimeout(resolve, 100)); // its time does not run meanwhile
  write(part(1));
  end();
  backPressure.resumeOldest();
  assert.equal((await reading).length, FREE_BYTES + 2);
  assert.equal(backPressure.bytes, FREE_BYTES + 2);
  body.free();
  body.free();
  assert.deepEqual([backPressure.bytes, backPressure.stalled], [0, 0]);
});
