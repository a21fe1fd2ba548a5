import { assert } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { confirmed, messageShown, pageTest, valueOf } from "../../support/page.ts";
import { connect } from "../../support/wire.ts";

Deno.test.afterAll(closeBrowser);

await pageTest("A queue that is not there says so", async ({ page, url }) => {
  await page.goto(`${url}/#queue=nothing`);
  await page.getByRole("alert").filter({ hasText: "There is no queue of this name" }).waitFor();
  assert.equal(await page.locator("main dl[aria-label=Now], main figure, main table").count(), 0);
  await confirmed(page, "Push an event", "Push", { Id: "1" });
  await page.getByRole("link", { name: "1", exact: true }).waitFor();
  assert.equal(await page.getByText("There is no queue").count(), 0);
});

await pageTest("Peeking at a queue without ready events says so", async ({ page, url, client }) => {
  await client.command("QLPUSH", "q", "1", "contents", "DELAY", "600");
  await page.goto(`${url}/#queue=q`);
  await page.getByRole("button", { name: "Peek at the next" }).click();
  await messageShown(page, "No event is ready");
});

await pageTest("Totals stand apart from rates and from what is now", async ({ page, url, client }) => {
  for (const id of ["1", "2"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QRPOP", "q", "NOACK");
  await page.goto(`${url}/#queue=q`);
  const names = (label: string) => page.getByLabel(label, { exact: true }).locator("dt").allInnerTexts();
  await page.getByLabel("Now", { exact: true }).waitFor();
  assert.deepEqual(await names("Now"), [
    "Ready",
    "Processing",
    "Delayed",
    "Blocked",
    "Total",
    "Consumers",
    "Oldest",
    "Dead letters",
  ]);
  assert.deepEqual(await names("Per second, through this okq"), ["Pushed", "Acknowledged", "Redelivered"]);
  assert.deepEqual((await names("Since this okq started, through it")).slice(0, 2), ["Pushed", "Acknowledged"]);
  assert.deepEqual([await valueOf(page, "pushed"), await valueOf(page, "acked")], [2, 1]);
  await page.goto(url);
  await page.getByRole("link", { name: "q", exact: true }).waitFor();
  const headings = await page.locator("thead th:visible").allInnerTexts();
  const isWide = headings.includes("In");
  assert.deepEqual(
    headings.map((text) => text.replace(" ▼", "")),
    isWide
      ? [
        "Events now",
        "",
        "Events per second",
        "Queue",
        "Ready",
        "Trend",
        "Processing",
        "Delayed",
        "Blocked",
        "Oldest",
        "Dead",
      ]
        .concat("Consumers", "In", "Out", "Redelivered")
      : ["Queue", "Ready", "Oldest", "Dead"],
  );
});

await pageTest("The policy of a queue is shown and edited", async ({ page, url, client }) => {
  await client.command("QCONFIG", "SET", "q{t}", "max-attempts", "3", "backoff", "1.5");
  await page.goto(`${url}/#queue=q{t}`);
  const policy = page.getByLabel("Policy", { exact: true }).last();
  await eventually(async () =>
    assert.match(await policy.innerText(), /Attempts\s+3\s+Dead queue\s+q\{t\}:dead\s+Backoff\s+1\.5 s/)
  );
  await page.getByRole("button", { name: "Edit the policy" }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Attempts before an event is dead").inputValue(), "3");
  const show = () => dialog.getByRole("button", { name: "Show the changes" }).click();
  const changes = async () => {
    const rows = await dialog.getByRole("table", { name: "These fields change" }).getByRole("row").allInnerTexts();
    return rows.slice(1).map((row) => row.split("\t").map((text) => text.trim()));
  };
  await show();
  await dialog.getByText("Nothing has been changed").waitFor();
  await dialog.getByLabel("Dead queue").fill("elsewhere");
  await show();
  assert.deepEqual(await changes(), [["Dead queue", "q{t}:dead", "elsewhere"]]);
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("is in another partition").waitFor();
  await dialog.getByLabel("Dead queue").fill('"{t}\\xff"');
  await dialog.getByLabel("Attempts before an event is dead").fill("");
  await dialog.getByLabel("Lease in seconds").fill("60");
  await dialog.getByLabel("Most events").fill("1000");
  await dialog.getByLabel("Limit of a group").fill("2");
  await dialog.getByLabel("Time for which ids stay taken").fill("3600");
  await dialog.getByLabel("Limit of processing events").fill("7");
  await dialog.getByLabel("Deliveries per second").fill("0.5");
  await show();
  assert.deepEqual(await changes(), [
    ["Attempts", "3", "no limit"],
    ["Dead queue", "q{t}:dead", '"{t}\\xff"'],
    ["Most events", "no limit", "1,000"],
    ["Lease", "30 s", "60 s"],
    ["Limit of a group", "1", "2"],
    ["Ids stay taken", "not at all", "3,600 s"],
    ["Limit of processing", "no limit", "7"],
    ["Deliveries", "no limit", "0.5 per second"],
  ]);
  assert.equal(await dialog.getByLabel("Lease in seconds").isVisible(), false);
  await dialog.getByRole("button", { name: "Save" }).click();
  await messageShown(page, "Changed the policy of q{t}");
  await eventually(async () =>
    assert.match(
      await policy.innerText(),
      /no limit\s+Dead queue\s+"\{t\}\\xff"[^]*1,000\s+Lease\s+60 s[^]*Deliveries\s+0\.5 per second/,
    )
  );
  assert.deepEqual((await client.command("QCONFIG", "GET", "q{t}") as string[]).filter((_, i) => i % 2 === 1), [
    "0",
    "{t}\xff",
    "1.5",
    "0",
    "1000",
    "60",
    "2",
    "3600",
    "7",
    "0.5",
  ]);
});

await pageTest("The policy is not saved over changes that another made meanwhile", async ({ page, url, client }) => {
  await client.command("QCONFIG", "SET", "q", "max-attempts", "3", "backoff", "2");
  await page.goto(`${url}/#queue=q`);
  await page.getByRole("button", { name: "Edit the policy" }).click();
  const dialog = page.getByRole("dialog");
  const press = (name: string) => dialog.getByRole("button", { name }).click();
  await dialog.getByLabel("Attempts before an event is dead").fill("5");
  await dialog.getByLabel("Most events").fill("1000");
  await press("Show the changes");
  await client.command("QCONFIG", "SET", "q", "max-attempts", "7", "lease", "60");
  await press("Save");
  await dialog.getByText("meanwhile: Attempts from 3 to 7, Lease from 30 s to 60 s").waitFor();
  const policy = async () => (await client.command("QCONFIG", "GET", "q") as string[]).filter((_, i) => i % 2 === 1);
  assert.deepEqual((await policy()).slice(0, 6), ["7", "q:dead", "2", "0", "0", "60"]);
  assert.equal(await dialog.getByLabel("Lease in seconds").inputValue(), "60");
  await press("Show the changes");
  const rows = await dialog.getByRole("table", { name: "These fields change" }).getByRole("row").allInnerTexts();
  assert.deepEqual(rows.slice(1).map((row) => row.split("\t").map((text) => text.trim())), [
    ["Attempts", "7", "5"],
    ["Most events", "no limit", "1,000"],
  ]);
  await press("Save");
  await messageShown(page, "Changed the policy of q");
  assert.deepEqual((await policy()).slice(0, 6), ["5", "q:dead", "2", "0", "1000", "60"]);
});

await pageTest("The page shows who consumes a queue through this okq", async ({ page, url, client, server }) => {
  await client.command("CLIENT", "SETNAME", "worker-1");
  await client.command("QREGISTER", "q");
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents");
  const holder = await connect(server.addr);
  await holder.command("QCLAIM", "COUNT", "2", "HOLD", "QUEUES", "q");
  await page.goto(`${url}/#queue=q`);
  await page.getByText("Who consumes: 1 consumer").click();
  await page.getByText(`Connections to this okq, on port ${server.addr.port}`).waitFor();
  const table = page.getByRole("region", { name: "Table of consumers" });
  const rows = table.getByRole("row");
  await rows.nth(2).waitFor();
  const text = await Promise.all([1, 2].map((i) => rows.nth(i).innerText()));
  assert.match(text[0], /^127\.0\.0\.1:\d+\s+worker-1\s[^]*\d\d:\d\d:\d\d\s\S+[^]*\s0$/);
  assert.match(text[1], /^127\.0\.0\.1:\d+\s+not registered\s[^]*\s2$/);
  holder.close();
  await eventually(async () => assert.equal(await rows.count(), 2));
});

await pageTest("Moving the events of a queue takes those that are blocked behind others, too", async (context) => {
  const { page, url, client } = context;
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents", "GROUP", "ann");
  await page.goto(`${url}/#queue=q`);
  await confirmed(page, "Move", "Move", { "Destination queue": "q:dead" });
  await messageShown(page, "Moved 3 events to q:dead");
  assert.deepEqual(await client.command("QSTATUS", "q"), ["q total: 0 processing: 0 consumers: 0"]);
});

await pageTest("A queue that max-processing or rate keeps from delivery is marked as limited", async (context) => {
  const { page, url, client } = context;
  await client.command("QCONFIG", "SET", "q", "max-processing", "1");
  for (const id of ["1", "2"]) await client.command("QLPUSH", "q", id, "contents");
  const badge = page.getByText("limited", { exact: true });
  await page.goto(`${url}/#queue=q`);
  await page.getByLabel("Now", { exact: true }).waitFor();
  assert.equal(await badge.count(), 0);
  await client.command("QRPOP", "q");
  await badge.waitFor();
  await page.goto(url);
  await badge.waitFor();
  await client.command("QACK", "q", "1");
  await badge.waitFor({ state: "detached" });
});
