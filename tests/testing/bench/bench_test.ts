import { MEASURES } from "../../../testing/bench/bench.ts";
import { assert } from "../../deps.ts";
import { readSource } from "../../support/sources.ts";

Deno.test("README.md of the benchmark has a section for each measure, in their order", async () => {
  const page = await readSource("testing/bench/README.md");
  const sections = Array.from(page.matchAll(/^### (.+)$/gm), ([, title]) => title);
  assert.deepEqual(sections, MEASURES.map(({ title }) => title));
});
