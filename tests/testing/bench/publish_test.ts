import { chart } from "../../../testing/bench/chart.ts";
import { figure, figureAndRatio, markdownTable, ratio } from "../../../testing/bench/measure.ts";
import { replaceResult } from "../../../testing/bench/publish.ts";
import { assert } from "../../deps.ts";
import { readSource } from "../../support/sources.ts";

Deno.test("chart.svg is drawn from record.json, whose rows are in README.md of the benchmark", async () => {
  const record = JSON.parse(await readSource("testing/bench/record.json"));
  assert.equal(chart(record), await readSource("testing/bench/chart.svg"));
  const page = (await readSource("testing/bench/README.md")).replaceAll(/ +/g, " ");
  for (const row of record.rows) assert.ok(page.includes(`| ${row.join(" | ")} |`), row.join(" "));
});

Deno.test("figure and ratio are medians, and ratio compares round by round", () => {
  assert.equal(figure([1000, 3000, 2000]), "2,000");
  assert.equal(ratio([2, 9, 4], [1, 3, 1]), "**3.00** (2.00–4.00)");
  const base = [10, 10];
  assert.deepEqual([figureAndRatio(base, base), figureAndRatio([5, 5], base)], ["10", "5 **0.50**"]);
});

Deno.test("replaceResult replaces the table and the line below it, and nothing else", () => {
  const table = markdownTable(["a", "b"], [["1", "long cell"]]);
  assert.equal(table, "| a   | b         |\n| --- | --------- |\n| 1   | long cell |");
  const page = "# Page\n\n### One\n\nAbout.\n\n| old |\n\nold line.\n\n### Two\n\nAbout.\n";
  const replaced = replaceResult(page, "One", `${table}\n\nnew line.`);
  assert.equal(replaced, `# Page\n\n### One\n\nAbout.\n\n${table}\n\nnew line.\n\n### Two\n\nAbout.\n`);
  assert.throws(() => replaceResult(page, "Three", table), /README.md has no section "Three"/);
});
