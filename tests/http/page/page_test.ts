import { writeUsers } from "../../support/users.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { withFolder } from "../../support/programs.ts";
import { browserTest, closeBrowser } from "../../support/browser.ts";
import { confirmed, DEVICES, messageShown, valueOf, withPage } from "../../support/page.ts";

Deno.test.afterAll(closeBrowser);

await browserTest(
  "An operator watches a backlog, finds the poison event, sends it to the dead queue and replays it",
  () =>
    withPage(async ({ page, url, client }) => {
      await client.command("QLPUSH", "quiet", "1", "contents");
      await client.command("QLPUSH", "orders", "poison", '{"order":7,"count":-1}');
      await page.goto(url);
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "orders" }) });
      await row.waitFor();
      for (let i = 0; i < 20; i++) await client.command("QLPUSH", "orders", `order-${i}`, '{"order":1,"count":1}');
      // A consumer that fails on the same event repeatedly, so that the others wait behind it.
      for (let attempt = 0; attempt < 3; attempt++) {
        assert.deepEqual(await client.command("QRPOP", "orders"), ["poison", '{"order":7,"count":-1}']);
        await client.command("QNACK", "orders", "poison", "REASON", "count must be positive");
      }
      await eventually(async () => assert.match(await row.innerText(), /^orders\s+21\s/));
      assert.deepEqual(await page.locator("tbody th").allInnerTexts(), ["orders", "quiet"]);
      await row.getByRole("link").click();

      const poison = page.getByRole("row").filter({ hasText: "poison" });
      await poison.waitFor();
      assert.equal((await poison.getByRole("cell").allInnerTexts())[1], "3"); // attempts, behind the tick
      await page.getByRole("button", { name: "Peek at the next" }).click();
      await page.getByRole("heading", { name: "poison" }).waitFor();
      assert.match(await page.getByLabel("Details").innerText(), /count must be positive/);
      assert.equal(await page.locator("pre").innerText(), '{\n  "order": 7,\n  "count": -1\n}');

      await confirmed(page, "To the dead queue", "Send to the dead queue");
      await messageShown(page, "Sent poison to orders:dead");
      assert.deepEqual(await client.command("QRPEEK", "orders"), ["order-0", '{"order":1,"count":1}']);
      await page.getByRole("link", { name: "orders:dead" }).click();
      await page.getByRole("link", { name: "poison" }).waitFor();
      await confirmed(page, "Try all again", "Try again");
      await messageShown(page, "Moved 1 event to orders");
      assert.deepEqual(await client.command("QLPEEK", "orders"), ["poison", '{"order":7,"count":-1}']);
      assert.equal(await client.command("QLPEEK", "orders:dead"), null);
    }),
);

await browserTest(
  "The page shows the values of QSTATS, and its actions work",
  () =>
    withPage(async ({ page, url, client }) => {
      await client.command("QREGISTER", "q");
      await client.command("QLPUSH", "q", "leased", "contents");
      await client.command("QRPOP", "q", "EX", "3600");
      await client.command("QLPUSH", "q", "later", "contents", "DELAY", "3600");
      await page.goto(`${url}/#queue=q`);
      await confirmed(page, "Push an event", "Push", { Id: "é", Contents: "a\nb" });
      await messageShown(page, "Pushed é to q");
      assert.deepEqual(await client.command("QRPEEK", "q"), ["\xc3\xa9", "a\nb"]);

      const names = ["ready", "processing", "delayed", "total", "consumers", "pushed", "acked", "redelivered", "dead"];
      const indexes = [4, 2, 5, 1, 3, 8, 9, 10, 11];
      const isSame = async () => {
        const [stats] = await client.command("QSTATS", "q") as number[][];
        for (const [i, name] of names.entries()) assert.equal(await valueOf(page, name), stats[indexes[i]], name);
      };
      await eventually(isSame);
      assert.deepEqual([await valueOf(page, "ready"), await valueOf(page, "total")], [1, 3]);

      await confirmed(page, "Pause", "Pause");
      await page.getByRole("button", { name: "Resume" }).waitFor();
      assert.equal(await client.command("QRPOP", "q"), null);
      await confirmed(page, "Resume", "Resume");
      await page.getByRole("button", { name: "Pause" }).waitFor();

      await page.getByRole("button", { name: "processing 1" }).click();
      await page.getByRole("link", { name: "leased" }).click();
      await confirmed(page, "Give back", "Give back", { Reason: "by hand" });
      await messageShown(page, "Gave leased back");
      assert.deepEqual(await client.command("QRPOP", "q"), ["leased", "contents"]);
      await page.goto(`${url}/#queue=q&event=leased`);
      await page.getByText("by hand").waitFor();
      await confirmed(page, "Acknowledge", "Acknowledge");
      await messageShown(page, "Acknowledged 1 event of q");
      await eventually(isSame);

      await confirmed(page, "Flush", "Flush");
      await messageShown(page, "Flushed q: 2 events removed");
      await eventually(isSame);
      assert.equal(await valueOf(page, "total"), 0);
    }),
);

await browserTest(
  "Names and contents with HTML are displayed as text",
  () =>
    withPage(async ({ page, url, client }) => {
      const html = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;
      await client.command("QLPUSH", html, html, html);
      await client.command("QLPUSH", html, "\u202e\x1b[2J\r\n", "\x00" + html);
      await page.goto(url);
      await page.getByRole("link", { name: html }).click();
      await page.getByRole("link", { name: "\\u{202e}\\x1b[2J\\r\\n" }).waitFor();
      await page.getByRole("link", { name: html, exact: true }).last().click();
      await page.getByRole("heading", { name: html }).waitFor();
      assert.equal(await page.locator("pre").innerText(), html);
      await page.getByRole("button", { name: "Hex" }).click();
      assert.match(await page.locator("pre").innerText(), /^000000 {2}22 3e 3c 69 6d 67/);
      assert.equal(await page.locator("main script, main img").count(), 0);
      await page.getByRole("button", { name: "Acknowledge" }).click();
      assert.match(await page.getByRole("dialog").innerText(), /<script>alert\(2\)<\/script>/);
    }),
);

await browserTest("The page can be used with the keyboard alone", () =>
  withPage(async ({ page, url, client }) => {
    for (let i = 0; i < 60; i++) await client.command("QLPUSH", `queue-${i}`, "1", "contents");
    await page.goto(url);
    await page.getByRole("link", { name: "queue-1", exact: true }).waitFor();
    const focused = () => page.evaluate("document.activeElement.innerText || document.activeElement.id");
    const tabTo = async (text: string) => {
      for (let tabs = 0; await focused() !== text; tabs++) {
        assert.ok(tabs < 80, `${text} is not reached`);
        await page.keyboard.press("Tab");
      }
    };
    await tabTo("search");
    await page.keyboard.type("queue-5");
    await page.getByText("11 of 60 queues").waitFor();
    await tabTo("Queue");
    await page.keyboard.press("Enter");
    await page.locator('th[aria-sort="ascending"]').waitFor();
    await tabTo("queue-59");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "queue-59" }).waitFor();
    await tabTo("Flush");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await focused(), "Flush");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo("Flush");
    await page.keyboard.press("Enter");
    await messageShown(page, "Flushed queue-59: 1 event removed");
  }));

await browserTest(
  "A dialog opens in the same moment in which another is closed",
  () =>
    withPage(async ({ page, url, client }) => {
      await client.command("QLPUSH", "jobs", "1", "contents");
      await page.goto(`${url}/#queue=jobs`);
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("dialog", { name: "Pause jobs?" }).waitFor();
      await page.evaluate("document.querySelector('dialog').close(); document.querySelector('main .danger').click()");
      await page.getByRole("dialog", { name: "Flush jobs?" }).waitFor();
    }),
);

await browserTest("A user logs in and sees only permitted actions", () =>
  withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["ann", "secret", "inspect,consume shop:*"]);
    const login = { httpCredentials: { username: "ann", password: "secret" }, options: { users } };
    await withPage(async ({ page, url, client }) => {
      await client.command("AUTH", "ann", "secret");
      await client.command("QREGISTER", "shop:orders");
      await page.goto(`${url}/#queue=shop:orders`);
      await page.getByText("User ann, port").waitFor();
      await page.getByRole("button", { name: "Peek at the next" }).waitFor();
      assert.deepEqual(await page.getByRole("group", { name: "Actions" }).getByRole("button").allInnerTexts(), [
        "Peek at the next",
      ]);
      await page.getByText("The queue has no timetable").waitFor();
      assert.equal(await page.getByRole("button", { name: "Add a timetable" }).count(), 0);
      const ticked = page.getByRole("group", { name: "Ticked events" }).getByRole("button");
      assert.deepEqual(await ticked.allInnerTexts(), ["Acknowledge 0 ticked"]);
    }, login);
  }));

/** Returns the least contrast of a text with what is behind it. */
const LEAST_CONTRAST = `(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const isText = (element) => Array.from(element.childNodes).some(({ nodeType, data }) => nodeType === 3 && data.trim());
  const ratios = Array.from(document.querySelectorAll("body *")).filter((element) =>
    isText(element) && element.checkVisibility() && !element.closest("button:disabled, script, style, .skip")
  ).map((element) => {
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
  return ratios.length > 5 ? Math.min(...ratios) : 0;
})()`;

for (const device of DEVICES) {
  await browserTest(
    `Every view fits the screen, and its text can be read (${device.name})`,
    () =>
      withPage(async ({ page, url, client, server }) => {
        const long = "tenant-".repeat(60);
        await client.command("QREGISTER", "q", long);
        await client.command("QCONFIG", "SET", "q", "max-attempts", "1");
        for (const id of ["1", long]) {
          await client.command("QLPUSH", "q", id, "contents ".repeat(50));
          await client.command("QRPOP", "q");
          await client.command("QNACK", "q", id, "REASON", "reason".repeat(50));
          await client.command("QLPUSH", long, id, "x".repeat(300));
        }
        for (const id of ["order-1017", "order-1018"]) {
          await client.command("QLPUSH", "leases", id, '{"order": 1017}');
        }
        for (const queue of ["q", long]) {
          await client.command("QCRON", "SET", queue, long.slice(0, 128), "0 6 * * *", "contents");
        }
        await client.command("QRPOP", "leases", "EX", "754");
        await client.command("QLPUSH", "leases", "later", "contents", "DELAY", "90000");
        const views: [hash: string, text: string][] = [
          ["", "dead letters"],
          ["view=dead", "in 1 dead queue"],
          ["view=timetables", "0 6 * * *"],
          ["queue=q", "Who consumes"],
          ["queue=q:dead", "Try all again"],
          [`queue=${long}`, "Who consumes"],
          [`queue=q:dead&event=${long}`, "Last failure"],
          ["queue=nothing", "There is no queue"],
          ["queue=leases&state=processing", "Lease ends in"],
          ["queue=leases&state=delayed", "Ready in"],
        ];
        for (const [hash, text] of views) {
          await page.goto("about:blank");
          await page.goto(`${url}/#${hash}`);
          await page.getByText(text).first().waitFor();
          if (text === "Who consumes") {
            await page.getByText(text).click();
            await page.getByText(`on port ${server.addr.port},`).last().waitFor();
          }
          await eventually(async () => {
            const [content, screen] = await page.evaluate<number[]>(
              "[document.documentElement.scrollWidth, innerWidth]",
            );
            assert.ok(content <= screen, `${hash}: ${content} of ${screen} pixels`);
            const cut = await page.locator(".scroll").evaluateAll((tables) =>
              tables.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
            );
            assert.deepEqual(cut.filter((pixels) => pixels > 0), [], `${hash}: tables are cut`);
            const contrast = await page.evaluate<number>(LEAST_CONTRAST);
            assert.ok(contrast >= 4.5, `${hash}: a contrast of ${contrast}`);
          });
        }
      }, { device }),
  );
}
