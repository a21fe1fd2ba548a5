import { assert } from "../../deps.ts";
import { closeBrowser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { confirmed, messageShown, pageTest } from "../../support/page.ts";

Deno.test.afterAll(closeBrowser);

await pageTest(
  "A timetable is added, run and deleted, and its next times are shown while it is typed",
  async (context) => {
    const { page, url, client } = context;
    const dialog = page.getByRole("dialog");
    const press = (name: string) => dialog.getByRole("button", { name, exact: true }).click();
    await page.goto(`${url}/#queue=jobs`);
    await page.getByText("The queue has no timetable").waitFor();
    await page.getByRole("button", { name: "Add a timetable" }).click();
    await dialog.getByText("The next times:").waitFor();
    await dialog.getByLabel("Name").fill("a report");
    await dialog.getByLabel("Contents of its events").fill("é");
    const times = dialog.getByRole("listitem");
    await dialog.getByLabel("Cron expression").fill("30 6 30 2 *");
    await dialog.getByRole("status").getByText("no such time is to come").waitFor();
    assert.equal(await times.count(), 0);
    await dialog.getByLabel("Cron expression").fill("30 6 30 * 61");
    await dialog.getByRole("status").getByText("'61' as day of week").waitFor();
    await press("Add");
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Cron expression").fill("30 6 29 2 *");
    await dialog.getByLabel("Time zone").fill("Europe/Berlin");
    await eventually(async () => {
      const shown = await times.allInnerTexts();
      assert.equal(shown.length, 5);
      for (const time of shown) assert.match(time, /29 February \d{4} at 06:30:00/);
    });
    await press("Add");
    await messageShown(page, "Added the timetable a report to jobs");
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "a report" }) });
    await row.waitFor();
    assert.match(await row.innerText(), /a report[^]*30 6 29 2 \* in Europe\/Berlin[^]*29 Feb \d{4}/);
    const timetables = async () => (await client.command("QCRON", "LIST") as unknown[][]).map((row) => row.slice(0, 4));
    assert.deepEqual(await timetables(), [["jobs", "a report", "30 6 29 2 *", "Europe/Berlin"]]);

    await page.getByRole("button", { name: "Add a timetable" }).click();
    await dialog.getByLabel("Name").fill("a report");
    await press("Add");
    await dialog.getByText("jobs has a timetable a report already").waitFor();
    await press("Cancel");

    await page.getByRole("link", { name: "Timetables" }).click();
    await page.getByRole("heading", { name: "Timetables", level: 1 }).waitFor();
    await confirmed(page, "Run now: a report", "Run now");
    await messageShown(page, "Pushed a report@");
    const [id, contents] = await client.command("QRPOP", "jobs", "NOACK") as string[];
    assert.match(id, /^a report@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
    assert.equal(contents, "\xc3\xa9");
    await row.getByRole("link", { name: "jobs" }).click();
    await page.getByRole("heading", { name: "jobs", level: 1 }).waitFor();
    await confirmed(page, "Delete: a report", "Delete");
    await messageShown(page, "Deleted the timetable a report of jobs");
    await page.getByText("The queue has no timetable").waitFor();
    assert.deepEqual(await timetables(), []);
  },
);
