/**
 * Takes the screenshots of the page for the documentation: `deno run --allow-all tests/support/screenshots.ts`.
 *
 * @module
 */
import { runJob } from "../../core/background/jobs.ts";
import { delay } from "../../core/util/async.ts";
import { Log } from "../../core/log.ts";
import type { Page } from "../deps.ts";
import { serveForTest } from "./stores.ts";
import { connect, type Wire } from "./wire.ts";
import { launch } from "./browser.ts";
import { DEVICES } from "./page.ts";
import { httpUrl } from "./http.ts";

const FOLDER = new URL("../../docs/page/", import.meta.url);
const POISON = JSON.stringify({ order: 1017, customer: "O’Neill & <b>Söhne</b>", items: [{ sku: "A-7", count: -1 }] });
/** Seconds of traffic before the screenshots, to fill the charts. */
const SECONDS = 60;

async function traffic(client: Wire, second: number): Promise<void> {
  for (let i = 0; i < 6 + second % 9; i++) {
    await client.command("QLPUSH", "mails", `mail-${second}-${i}`, "hello");
    await client.command("QLPUSH", "orders", `order-${1000 + second * 20 + i}`, i === 3 ? POISON : `{"order":${i}}`);
    if (i % 3 < 2) await client.command("QRPOP", "orders", "NOACK");
  }
  for (let i = 0; i < 9; i++) await client.command("QRPOP", "mails", "NOACK");
  await client.command("QRPOP", "thumbnails", "EX", "2");
}

async function prepare(client: Wire): Promise<void> {
  for (let i = 0; i < 60; i++) await client.command("QLPUSH", "thumbnails", `image-${i}`, "\x89PNG");
  for (let i = 0; i < 12; i++) await client.command("QLPUSH", `tenant:${i}:reports`, "monthly", "report");
  await client.command("QPAUSE", "tenant:3:reports");
  await client.command("QREGISTER", "orders", "mails");
  for (const [queue, reason] of [["orders", "count must be positive"], ["mails", "550 no such user"]]) {
    await client.command("QCONFIG", "SET", queue, "max-attempts", "1");
    for (let i = 0; i < 7; i++) {
      await client.command("QLPUSH", queue, `${queue}-${970 + i}`, POISON);
      await client.command("QRPOP", queue);
      await client.command("QNACK", queue, `${queue}-${970 + i}`, "REASON", reason);
    }
  }
  await client.command("QCONFIG", "SET", "orders", "max-attempts", "5", "backoff", "2", "backoff-max", "60");
  await client.command("QCRON", "SET", "mails", "newsletter", "30 9 * * 1", "{}", "TZ", "Europe/Berlin");
  for (const name of ["daily", "monthly"]) {
    await client.command("QCRON", "SET", "tenant:0:reports", name, name === "daily" ? "0 6 * * *" : "0 6 1 * *", "{}");
  }
  await client.command("QLPUSH", "orders", "order-997", POISON);
  for (let attempt = 0; attempt < 3; attempt++) {
    await client.command("QRPOP", "orders", "EX", "600");
    if (attempt < 2) {
      await client.command("QNACK", "orders", "order-997", "DELAY", "0", "REASON", "count must be positive");
    }
  }
}

async function takeScreenshot(page: Page, url: string, name: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(url);
  await page.locator("main dl, main table").first().waitFor();
  await page.waitForTimeout(500); // lets the charts draw
  if (name.startsWith("dead_queue")) await page.locator("#events").evaluate((heading) => heading.scrollIntoView());
  await Deno.writeFile(new URL(`${name}.png`, FOLDER), await page.screenshot());
}

await Deno.mkdir(FOLDER, { recursive: true });
const server = await serveForTest("sqlite::memory:", { httpAddr: { hostname: "127.0.0.1", port: 0 } });
const client = await connect(server.addr);
await prepare(client);
const stop = new AbortController();
let second = 0;
const trafficJob = runJob(() => traffic(client, second++), {
  name: "traffic",
  intervalMs: 1000,
  signal: stop.signal,
  log: new Log("error"),
});
await delay(SECONDS * 1000, stop.signal);
const chromium = await launch();
const url = httpUrl(server);
const views = {
  queues: "#",
  queue: "#queue=orders",
  event: "#queue=orders&event=order-997",
  dead: "#view=dead",
  timetables: "#view=timetables",
  dead_queue: "#queue=orders:dead&side=left",
};
for (const { name, viewport, colorScheme } of DEVICES) {
  const page = await chromium.newPage({ viewport, colorScheme });
  for (const [view, hash] of Object.entries(views)) await takeScreenshot(page, `${url}/${hash}`, `${view}-${name}`);
  await page.close();
}
await chromium.close();
stop.abort();
await trafficJob;
client.close();
await server.close();
