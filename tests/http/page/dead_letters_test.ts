import { assert, type Page } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { confirmed, messageShown, pageTest, valueOf } from "../../support/page.ts";
import type { Wire } from "../../support/wire.ts";

Deno.test.afterAll(closeBrowser);

/** Pushes events whose only delivery fails. */
async function die(client: Wire, queue: string, ids: string[]): Promise<void> {
  for (const id of ids) {
    await client.command("QLPUSH", queue, id, `contents of ${id}`);
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, id, "REASON", `reason of ${id}`);
  }
}

const actions = (page: Page) => page.getByRole("group", { name: "Actions" }).getByRole("button").allInnerTexts();

await pageTest("Dead letters have a column and an overview, with a way back to their queue", async (context) => {
  const { page, url, client } = context;
  await client.command("QCONFIG", "SET", "orders", "max-attempts", "1");
  await client.command("QCONFIG", "SET", "{t}mails", "max-attempts", "1", "dead-queue", "{t}morgue");
  await die(client, "orders", ["order-1", "order-2"]);
  await die(client, "{t}mails", ["mail-1"]);
  await page.goto(url);
  const row = (name: string) =>
    page.getByRole("row").filter({ has: page.getByRole("rowheader").getByRole("link", { name, exact: true }) });
  await eventually(async () => assert.match(await page.locator(".sums").innerText(), /3 dead letters/));
  await row("{t}mails").getByRole("link", { name: "1", exact: true }).waitFor();
  await row("orders").getByRole("link", { name: "2", exact: true }).click();
  await page.getByRole("heading", { name: "orders:dead" }).waitFor();
  await page.getByRole("main").getByRole("link", { name: "orders", exact: true }).click();
  await page.getByRole("heading", { name: "orders", exact: true }).waitFor();

  await page.getByRole("link", { name: "Dead letters" }).click();
  await page.getByRole("heading", { name: "Dead letters" }).waitFor();
  await page.getByText("3 events in 2 dead queues").waitFor();
  assert.match(
    await row("orders:dead").innerText(),
    /Dead letters of orders\s+2\s+order-2\s+contents of order-2\s+reason of order-2/,
  );
  assert.match(await row("{t}morgue").innerText(), /Dead letters of \{t\}mails\s+1\s+mail-1/);
  await row("{t}morgue").getByRole("rowheader").getByRole("link", { name: "{t}morgue" }).click();
  await page.getByRole("link", { name: "mail-1" }).click();
  await confirmed(page, "Try again", "Try again");
  await messageShown(page, "Moved 1 event to {t}mails");
  assert.deepEqual(await client.command("QRPEEK", "{t}mails"), ["mail-1", "contents of mail-1"]);
});

await pageTest("Dead letters are tried again and dropped: one, those ticked, and all", async (context) => {
  const { page, url, client } = context;
  await client.command("QCONFIG", "SET", "q", "max-attempts", "1");
  await die(client, "q", ["a", "b", "c", "d", "e", "f"]);
  await page.goto(`${url}/#queue=q:dead`);
  await page.getByRole("link", { name: "a", exact: true }).click();
  await page.getByRole("heading", { name: "a", exact: true }).waitFor();
  assert.deepEqual(await actions(page), ["Try again", "Drop"]);
  await confirmed(page, "Drop", "Drop");
  await messageShown(page, "Dropped 1 event of q:dead");

  const tick = (id: string) => page.getByRole("checkbox", { name: id, exact: true }).check();
  await page.getByRole("link", { name: "b", exact: true }).waitFor();
  assert.deepEqual(await actions(page), ["Peek at the next", "Push an event", "Pause"]);
  for (const id of ["b", "d"]) await tick(id);
  await confirmed(page, "Try 2 ticked again", "Try again");
  await messageShown(page, "Moved 2 events to q");
  await page.getByRole("link", { name: "b", exact: true }).waitFor({ state: "detached" });
  await tick("c");
  await confirmed(page, "Drop 1 ticked", "Drop");
  await messageShown(page, "Dropped 1 event of q:dead");
  await eventually(async () => assert.equal(await valueOf(page, "ready"), 2));
  assert.deepEqual(await client.command("QGET", "q", "b").then((event) => (event as unknown[])[5]), 0); // attempts

  await client.command("QLPUSH", "q", "e", "another");
  await confirmed(page, "Try all again", "Try again");
  await messageShown(page, "Moved 1 event to q; 1 event stayed");
  await page.getByRole("link", { name: "f", exact: true }).waitFor({ state: "detached" });
  await page.getByLabel("Tick all of this page").check();
  await page.getByRole("button", { name: "Drop 1 ticked" }).waitFor();
  await confirmed(page, "Drop all", "Drop all");
  await messageShown(page, "Dropped 1 event of q:dead");
  await page.getByText("No ready events").waitFor();
  const left = [];
  for (let event; (event = await client.command("QRPOP", "q", "NOACK") as string[]);) left.push(event[0]);
  assert.deepEqual(left, ["b", "d", "e", "f"]);
});

await pageTest("Trying all again goes in steps, shows how far it is, and can be stopped", async (context) => {
  const { page, url, client } = context;
  const ids = Array.from({ length: 2500 }, (_, i) => `${i}`);
  for (const id of ids) await client.send("QLPUSH", "q:dead", id, "contents");
  for (const _ of ids) await client.reply();
  const steps: unknown[] = [];
  const held = Promise.withResolvers<void>();
  await page.route(/:move\?/, async (route) => {
    if (steps.push(new URL(route.request().url()).searchParams.get("count")) === 2) await held.promise;
    await route.continue();
  });
  await page.goto(`${url}/#queue=q:dead`);
  await page.getByRole("button", { name: "Try all again" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await dialog.getByText("1,000 of 2,500").waitFor();
  assert.equal(await dialog.getByRole("progressbar").getAttribute("value"), "1000");
  await dialog.getByRole("button", { name: "Stop" }).click();
  held.resolve();
  await messageShown(page, "Stopped. Moved 2,000 events to q");
  assert.deepEqual(steps, ["1000", "1000"]);
  await eventually(async () => assert.equal(await valueOf(page, "ready"), 500));
  await confirmed(page, "Drop all", "Drop all");
  await messageShown(page, "Dropped 500 events of q:dead");
  assert.equal(await client.command("QLPEEK", "q:dead"), null);
});
