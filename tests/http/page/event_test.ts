import { assert } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
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

await pageTest("Large contents are read once, and lines of hex are not broken", async ({ page, url, client }) => {
  await client.command("QLPUSH", "q", "large", Uint8Array.from({ length: 8 * 1024 * 1024 }, (_, i) => i));
  const asked: (string | null)[] = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/queues/q/events/large") asked.push(searchParams.get("omit"));
  });
  await page.goto(`${url}/#queue=q&event=large`);
  await page.getByText("The first 64.0 KiB of 8.0 MiB").waitFor();
  await eventually(() => assert.ok(asked.length >= 4));
  assert.equal(asked.filter((omit) => omit !== "large").length, 1);
  const pre = page.getByLabel("Contents of the event");
  assert.equal((await pre.innerText()).split("\n").length, 4096);
  const lines = await page.evaluate(`(() => {
    const element = document.querySelector("pre");
    const { paddingTop, lineHeight } = getComputedStyle(element);
    return Math.round((element.scrollHeight - 2 * parseFloat(paddingTop)) / parseFloat(lineHeight));
  })()`);
  assert.ok(Number(lines) <= 4096, `${lines}`);
});
