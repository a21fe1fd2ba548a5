import { assert } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { confirmed, messageShown, pageTest } from "../../support/page.ts";

Deno.test.afterAll(closeBrowser);

const NAMES: [name: string | Uint8Array, shown: string][] = [
  ["日本語キュー", "日本語キュー"],
  ["a+b&c=d %41", "a+b&c=d %41"],
  [" ", '" "'],
  ["two  spaces ", '"two  spaces "'],
  [Uint8Array.of(0x61, 0xff, 0), '"a\\xff\\x00"'],
  [Uint8Array.of(0xbf), '"\\xbf"'],
  ["..", ".."],
  ["a/b:ack", "a/b:ack"],
];

await pageTest(
  "Queues and events of any name are reached by links, and named by hand",
  async ({ page, url, client }) => {
    for (const [name] of NAMES) await client.command("QLPUSH", name, name, "contents");
    for (const [, shown] of NAMES) {
      await page.goto(`${url}/#`);
      await page.getByLabel("Search by name").fill(shown);
      await page.getByText(` of ${NAMES.length} queues`).waitFor();
      await page.getByRole("link", { name: shown, exact: true }).click();
      await page.getByRole("heading", { name: shown, exact: true, level: 1 }).waitFor();
      await page.getByRole("table").getByRole("link", { name: shown, exact: true }).click();
      await page.getByLabel("Contents of the event").getByText("contents").waitFor();
      const address = page.url();
      await page.goto("about:blank");
      await page.goto(address);
      await page.getByLabel("Contents of the event").getByText("contents").waitFor();
      await page.goto(`${url}/#`);
      await page.getByRole("button", { name: "Push an event" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Queue").fill(shown);
      await dialog.getByLabel("Id").fill(`${shown}`);
      await dialog.getByRole("button", { name: "Push", exact: true }).click();
      await dialog.getByText("duplicate event").waitFor();
      await page.keyboard.press("Escape");
    }
  },
);

await pageTest("An address with UTF-8 leads to its queue, encoded or not", async ({ page, url, client }) => {
  await client.command("QLPUSH", "café", "1", "contents");
  for (const hash of ["queue=caf%C3%A9", "queue=café", "queue=caf%c3%a9&state=ready"]) {
    await page.goto("about:blank");
    await page.goto(`${url}/#${hash}`);
    await page.getByRole("heading", { name: "café" }).waitFor();
    await page.getByRole("table").getByRole("link", { name: "1" }).waitFor();
    assert.equal(await page.title(), "café – okq");
  }
});

await pageTest("A long name is cut in the middle, and its tooltip has all of it", async ({ page, url, client }) => {
  const name = "tenant-".repeat(60) + ":orders:dead";
  await client.command("QLPUSH", name, name, "contents");
  await page.goto(url);
  const link = page.getByRole("table").getByRole("link");
  assert.match(await link.innerText(), /^tenant-tenant-.{10,40}…ant-:orders:dead$/);
  assert.equal(await link.locator("[title]").getAttribute("title"), name);
  await link.click();
  const heading = page.getByRole("heading", { level: 1 }).locator("[title]");
  assert.equal(await heading.getAttribute("title"), name);
  await page.getByRole("button", { name: "Push an event" }).click();
  assert.ok((await page.getByRole("dialog").getByRole("heading").innerText()).length < 100);
  await page.getByRole("dialog").getByRole("button", { name: "Push", exact: true }).click();
  await messageShown(page, "…");
});

await pageTest("Names from right to left do not change the order of the text around them", async (context) => {
  const { page, url, client } = context;
  await client.command("QCONFIG", "SET", "{t}א", "dead-queue", "{t}מתים", "max-attempts", "1");
  await client.command("QCONFIG", "SET", "{t}ב", "dead-queue", "{t}מתים", "max-attempts", "1");
  await client.command("QLPUSH", "{t}מתים", "1", "contents");
  await page.goto(`${url}/#queue={t}מתים`);
  const origins = page.getByText("Dead letters of").getByRole("link");
  await origins.nth(1).waitFor();
  assert.equal(await origins.locator("bdi").count(), 2);
  await client.command("QLPUSH", "אבג", "1", "contents");
  await page.goto(`${url}/#queue=אבג`);
  await confirmed(page, "Flush", "Flush");
  await messageShown(page, "Flushed \u2066אבג\u2069: 1 event removed");
});
