import { assert, type Page } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { confirmed, messageShown, pageTest } from "../../support/page.ts";

Deno.test.afterAll(closeBrowser);

const table = (page: Page) => page.getByRole("region", { name: "Table of events" });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Waits until the table begins with an event, and returns all of its ids. */
async function idsFrom(page: Page, first: string): Promise<string[]> {
  await eventually(async () => {
    assert.equal(await table(page).getByRole("link").first().innerText(), first);
  });
  return await table(page).getByRole("link").allInnerTexts();
}

await pageTest("An event is found by its id in every state of a queue, and in its dead queue", async (context) => {
  const { page, url, client } = context;
  for (const id of ["leased", "ready 1"]) await client.command("QLPUSH", "q", id, `contents of ${id}`);
  await client.command("QLPUSH", "q", "later", "contents of later", "DELAY", "600");
  await client.command("QLPUSH", "q:dead", "\xff", "contents of another");
  await client.command("QRPOP", "q");
  const find = async (id: string) => {
    await page.goto(`${url}/#queue=q`);
    await page.getByLabel("Find an event by its id").fill(id);
    await page.keyboard.press("Enter");
  };
  for (const [id, state] of [["leased", "processing"], ["ready 1", "ready"], ["later", "delayed"]]) {
    await find(id);
    await page.getByRole("heading", { name: id, level: 1 }).waitFor();
    await page.getByLabel("Contents of the event").getByText(`contents of ${id}`).waitFor();
    assert.match(await page.getByLabel("Details").innerText(), new RegExp(`State\\s+${state}`));
  }
  await find('"\\xc3\\xbf"');
  await page.getByText("the queue does not hold event").waitFor();
  await page.getByRole("main").getByRole("link", { name: "q:dead" }).click();
  await page.getByLabel("Contents of the event").getByText("contents of another").waitFor();
});

await pageTest(
  "The table of events shows a glimpse of contents and reason, and when they were pushed",
  async (context) => {
    const { page, url, client } = context;
    await client.command("QLPUSH", "q", "json", '{"order": 7,\n "customer": "Söhne <b>"}');
    await client.command("QLPUSH", "q", "long", "word ".repeat(100));
    await client.command("QLPUSH", "q", "bytes", Uint8Array.of(0xff, 0xfe));
    await client.command("QLPUSH", "q", "large", "x".repeat(100_000));
    for (const reason of ["first", "Error: count must be positive\n    at handler"]) {
      await client.command("QRPOP", "q");
      await client.command("QNACK", "q", "json", "REASON", reason);
    }
    await page.goto(`${url}/#queue=q`);
    const row = (id: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name: id }) });
    await row("json").waitFor();
    const shown = async (id: string) => (await row(id).locator(".glimpse").allInnerTexts());
    assert.deepEqual(await shown("json"), [
      '{"order": 7, "customer": "Söhne <b>"}',
      "Error: count must be positive at handler",
    ]);
    assert.match((await shown("long"))[0], /^word word .{80,120}…$/);
    assert.deepEqual([await shown("bytes"), await shown("large")], [["2 B, not text"], ["97.7 KiB"]]);
    const time = row("json").getByRole("time");
    assert.match(await time.innerText(), /^\d\d:\d\d:\d\d\s(UTC|GMT[+-]\d+|[A-Z]{3,4})$/);
    assert.ok(Math.abs(Date.parse((await time.getAttribute("datetime"))!) - Date.now()) < 120_000);
    await row("json").getByRole("link").click();
    assert.match(await page.getByLabel("Details").innerText(), /Error: count must be positive\n +at handler/);
  },
);

await pageTest("Events are turned page by page from either end, and Back returns to where one was", async (context) => {
  const { page, url, client } = context;
  const ids = Array.from({ length: 120 }, (_, i) => `event-${i}`);
  for (const id of ids) await client.command("QLPUSH", "q", id, "contents");
  await page.goto(`${url}/#queue=q`);
  assert.deepEqual(await idsFrom(page, "event-0"), ids.slice(0, 50));
  assert.equal(await button(page, "Previous page").isDisabled(), true);
  await button(page, "Next page").click();
  assert.deepEqual(await idsFrom(page, "event-50"), ids.slice(50, 100));
  await button(page, "Next page").click();
  assert.deepEqual(await idsFrom(page, "event-100"), ids.slice(100));
  assert.equal(await button(page, "Next page").isDisabled(), true);
  await button(page, "Previous page").click();
  assert.deepEqual(await idsFrom(page, "event-50"), ids.slice(50, 100));

  const link = table(page).getByRole("link", { name: "event-97" });
  await link.scrollIntoViewIfNeeded();
  await page.evaluate("scrollBy(0, 100)");
  const scrolled = Number(await page.evaluate("scrollY"));
  assert.ok(scrolled > 300, `${scrolled}`);
  await link.click();
  await page.getByRole("heading", { name: "event-97" }).waitFor();
  assert.ok(Number(await page.evaluate("scrollY")) < 100);
  await page.goBack();
  assert.deepEqual(await idsFrom(page, "event-50"), ids.slice(50, 100));
  await eventually(async () => {
    assert.ok(Math.abs(Number(await page.evaluate("scrollY")) - scrolled) < 10);
    assert.equal(await page.evaluate("document.activeElement.innerText"), "event-97");
  });
  await page.reload();
  assert.deepEqual(await idsFrom(page, "event-50"), ids.slice(50, 100));
  await button(page, "Previous page").click();
  assert.deepEqual(await idsFrom(page, "event-0"), ids.slice(0, 50));

  await button(page, "Newest first").click();
  assert.deepEqual(await idsFrom(page, "event-119"), ids.toReversed().slice(0, 50));
  await button(page, "Next page").click();
  assert.deepEqual(await idsFrom(page, "event-69"), ids.toReversed().slice(50, 100));
  const address = page.url();
  await button(page, "First page").click();
  await idsFrom(page, "event-119");
  await page.goto("about:blank");
  await page.goto(address);
  assert.deepEqual(await idsFrom(page, "event-69"), ids.toReversed().slice(50, 100));
});

await pageTest("Events are filtered by a part of their id or a pattern", async ({ page, url, client }) => {
  for (let i = 0; i < 3000; i++) await client.send("QLPUSH", "q", `order-${i}`, "contents");
  for (let i = 0; i < 3000; i++) assert.equal(await client.shown(), "+OK");
  await client.command("QLPUSH", "q", "a[1]*", "contents", "DELAY", "600");
  await page.goto(`${url}/#queue=q`);
  await idsFrom(page, "order-0");
  const filter = page.getByLabel("Filter by id");
  await filter.fill("DER-1");
  await page.getByText("No ready event up to here has such an id.").waitFor();
  await button(page, "Next page").click();
  await page.getByText("No ready event has such an id.").waitFor();
  await filter.fill("der-100");
  assert.deepEqual(await idsFrom(page, "order-100"), [
    "order-100",
    ...Array.from({ length: 10 }, (_, i) => `order-100${i}`),
  ]);
  await filter.fill("order-29?9");
  await button(page, "Next page").waitFor();
  await eventually(async () => {
    if (await button(page, "Next page").isEnabled()) await button(page, "Next page").click();
    assert.equal(await table(page).getByRole("link").first().innerText({ timeout: 100 }), "order-2909");
  });
  assert.match(page.url(), /match=order-29%3f9/i);
  await page.reload();
  await idsFrom(page, "order-2909");
  assert.equal(await filter.inputValue(), "order-29?9");
  await filter.fill("a[");
  await page.getByRole("button", { name: "delayed 1" }).click();
  assert.deepEqual(await idsFrom(page, "a[1]*"), ["a[1]*"]);
});

await pageTest("Blocked events are counted and listed, with their group and meta", async ({ page, url, client }) => {
  const grouped = (id: string, ...meta: string[]) => client.command("QLPUSH", "q", id, "x", "GROUP", "ann b", ...meta);
  await grouped("first");
  await grouped("second", "META", "trace: 1\nuser: 2");
  await client.command("QLPUSH", "q", "alone", "contents");
  await page.goto(`${url}/#queue=q`);
  assert.deepEqual(await idsFrom(page, "first"), ["first", "alone"]);
  await page.getByRole("button", { name: "blocked 1" }).click();
  assert.deepEqual(await idsFrom(page, "second"), ["second"]);
  const shown = await table(page).locator(".glimpse").allInnerTexts();
  assert.deepEqual(shown, ["x", "Group: ann b", "Meta: trace: 1 user: 2"]);
  await table(page).getByRole("link").click();
  const details = page.getByLabel("Details");
  await details.waitFor();
  assert.match(await details.innerText(), /State\s+blocked\s+Group\s+ann b[^]*Meta\s+trace: 1\nuser: 2/);
  await client.command("QACK", "q", "first");
  await eventually(async () => assert.match(await details.innerText(), /State\s+ready/));
});

await pageTest("The id of an acknowledged event is shown as done while it is remembered", async (context) => {
  const { page, url, client } = context;
  await client.command("QCONFIG", "SET", "q", "remember", "600");
  await client.command("QLPUSH", "q", "id", "contents");
  await client.command("QACK", "q", "id");
  await page.goto(`${url}/#queue=q&event=id`);
  await page.getByLabel("Details").waitFor();
  assert.match(await page.getByLabel("Details").innerText(), /State\s+done\s+Id is free in\s+(10 min|9 min)/);
  assert.equal(await page.getByRole("group", { name: "Actions" }).count(), 0);
  assert.equal(await page.getByRole("heading", { name: "Contents" }).count(), 0);
});

await pageTest("Ticked events of any state are moved, retried now and acknowledged", async ({ page, url, client }) => {
  for (const id of ["leased", "a", "b b", "c"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QRPOP", "q", "EX", "3600");
  for (const id of ["later", "much later"]) await client.command("QLPUSH", "q", id, "contents", "DELAY", "3600");
  const tick = (id: string) => page.getByRole("checkbox", { name: id, exact: true }).check();
  const buttons = () => page.getByRole("group", { name: "Ticked events" }).getByRole("button").allInnerTexts();
  const dialog = page.getByRole("dialog");
  await page.goto(`${url}/#queue=q`);
  for (const id of ["a", "b b", "c"]) await tick(id);
  assert.deepEqual(await buttons(), ["Move 3 ticked", "Acknowledge 3 ticked"]);
  await client.command("QACK", "q", "c");
  await button(page, "Move 2 ticked").waitFor(); // what has gone is not ticked any longer
  await button(page, "Move 2 ticked").click();
  await page.getByRole("dialog", { name: "Move 2 events of q?" }).waitFor();
  await dialog.getByLabel("Destination queue").fill("elsewhere");
  await dialog.getByRole("button", { name: "Move" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Destination queue").fill("q:dead");
  await dialog.getByRole("button", { name: "Move" }).click();
  await messageShown(page, "Moved 2 events to q:dead");
  assert.deepEqual(await client.command("QRPEEK", "q"), null);

  await button(page, "delayed 2").click();
  await tick("later");
  assert.deepEqual(await buttons(), ["Retry 1 ticked now", "Move 1 ticked", "Acknowledge 1 ticked"]);
  await confirmed(page, "Retry 1 ticked now", "Retry now");
  await messageShown(page, "Ended the delay of 1 event of q");
  await eventually(async () => assert.deepEqual(await client.command("QRPEEK", "q"), ["later", "contents"]));
  await table(page).getByRole("link", { name: "much later" }).click();
  await confirmed(page, "Retry now", "Retry now");
  await eventually(async () => assert.deepEqual(await client.command("QLPEEK", "q"), ["much later", "contents"]));

  await button(page, "processing 1").click();
  await tick("leased");
  assert.deepEqual(await buttons(), ["Acknowledge 1 ticked"]);
  await button(page, "Acknowledge 1 ticked").click();
  await page.getByRole("dialog", { name: "Acknowledge leased of q?" }).waitFor();
  await dialog.getByText("Consumers are processing what is removed").waitFor();
  await dialog.getByRole("button", { name: "Acknowledge" }).click();
  await messageShown(page, "Acknowledged 1 event of q");
  assert.equal(await client.command("QGET", "q", "leased"), null);
});
