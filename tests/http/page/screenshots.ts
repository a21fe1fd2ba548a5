/**
 * Makes the pictures of the page that the documentation shows: `deno run --allow-all tests/http/page/screenshots.ts`.
 *
 * @module
 */
import type { Page } from "../../deps.ts";
import { serveForTest } from "../../stores.ts";
import { connect, type Wire } from "../../wire.ts";
import { launch } from "../browser.ts";
import { httpUrl } from "../http.ts";

const FOLDER = new URL("../../../docs/page/", import.meta.url);
const POISON = JSON.stringify({ order: 1017, customer: "O’Neill & <b>Söhne</b>", items: [{ sku: "A-7", count: -1 }] });
/** Seconds of traffic before the pictures, so that charts have something to show. */
const SECONDS = Number(Deno.env.get("SECONDS") ?? 40);

const WIDE = { width: 1200, height: 800 };
const PHONE = { width: 390, height: 800 };

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
  await client.command("QCONFIG", "SET", "orders", "max-attempts", "5", "backoff", "2", "backoff-max", "60");
  await client.command("QLPUSH", "orders", "order-997", POISON);
  for (let attempt = 0; attempt < 3; attempt++) {
    await client.command("QRPOP", "orders", "EX", "600");
    if (attempt < 2) {
      await client.command("QNACK", "orders", "order-997", "DELAY", "0", "REASON", "count must be positive");
    }
  }
}

async function take(page: Page, url: string, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto("about:blank");
    await page.goto(url);
    await page.locator("main dl, main table").first().waitFor();
    await page.waitForTimeout(500);
    await page.screenshot({ path: decodeURIComponent(new URL(`${name}-${colorScheme}.png`, FOLDER).pathname) });
  }
}

await Deno.mkdir(FOLDER, { recursive: true });
const server = await serveForTest("sqlite::memory:", { httpAddr: { hostname: "127.0.0.1", port: 0 } });
const client = await connect(server.addr);
await prepare(client);
for (let second = 0; second < SECONDS; second++) {
  await traffic(client, second);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const browser = await launch();
const url = httpUrl(server);
const views = { queues: "#", queue: "#queue=orders&state=processing", event: "#queue=orders&event=order-997" };
for (const [device, viewport] of [["wide", WIDE], ["phone", PHONE]] as const) {
  const page = await browser.newPage({ viewport });
  for (const [view, hash] of Object.entries(views)) await take(page, `${url}/${hash}`, `${view}-${device}`);
  await page.close();
}
await browser.close();
client.close();
await server.close();
