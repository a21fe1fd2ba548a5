import { assert } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { pageTest } from "../../support/page.ts";

Deno.test.afterAll(closeBrowser);

await pageTest("The page says why contents are not offered as JSON", async ({ page, url, client }) => {
  const events: [id: string, contents: string | Uint8Array, reason: RegExp][] = [
    ["text", "hello", /^Not offered as JSON: not JSON \(.*hello/],
    ["bytes", Uint8Array.of(0xff), /^Not offered as JSON: not UTF-8$/],
    ["large", `["${"é".repeat(50_000)}"]`, /^Not offered as JSON: too large, only the first 64\.0 KiB are here$/],
  ];
  for (const [id, contents, reason] of events) {
    await client.command("QLPUSH", "q", id, contents);
    await page.goto(`${url}/#queue=q&event=${id}`);
    await page.getByRole("heading", { name: id }).waitFor();
    assert.match(await page.getByText("Not offered as JSON").innerText(), reason);
    assert.equal(await page.getByRole("button", { name: "JSON" }).isDisabled(), true);
  }
  // Half a character at the end of what is shown does not make it bytes.
  assert.match(await page.locator("pre").innerText(), /^\["éé+$/);
  await client.command("QLPUSH", "q", "json", "[1]");
  await page.goto(`${url}/#queue=q&event=json`);
  await page.getByRole("heading", { name: "json" }).waitFor();
  await page.getByRole("button", { name: "JSON" }).click();
  assert.equal(await page.locator("pre").innerText(), "[\n  1\n]");
  assert.equal(await page.getByText("Not offered as JSON").count(), 0);
});
