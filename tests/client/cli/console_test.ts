import { lines } from "../../../client/cli/console.ts";
import { assert } from "../../deps.ts";

const encoder = new TextEncoder();

async function split(text: string, size: number): Promise<string[]> {
  const bytes = encoder.encode(text);
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  };
  const all = await Array.fromAsync(lines(chunks()));
  return all.map((line) => new TextDecoder().decode(line));
}

Deno.test("lines splits input that arrives in chunks of any size", async () => {
  for (let size = 1; size < 12; size++) {
    assert.deepEqual(await split("one\n\ntwo\r\nthree", size), ["one", "", "two\r", "three"]);
    assert.deepEqual(await split("one\n", size), ["one"]);
    assert.deepEqual(await split("", size), []);
  }
});
