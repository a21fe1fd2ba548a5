/**
 * A server and its page in a browser, for tests.
 *
 * @module
 */
import type { Page } from "../deps.ts";
import type { ServeOptions, Server } from "../../server.ts";
import { browser, browserTest } from "./browser.ts";
import { httpUrl } from "./http.ts";
import { WAIT_MS } from "./limits.ts";
import { serveForTest } from "./stores.ts";
import { connect, type Wire } from "./wire.ts";

/** Screens of the page, both wide and narrow, light and dark. */
export const DEVICES = [
  { name: "wide-light", viewport: { width: 1200, height: 800 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 800 }, colorScheme: "dark" },
] as const;

export interface Device {
  viewport: { width: number; height: number };
  colorScheme: "light" | "dark";
}

export interface PageContext {
  page: Page;
  /** The server, without a path. */
  url: string;
  client: Wire;
  server: Server;
}

/** Credentials and screen of the browser, and options of the server. */
export interface PageOptions {
  httpCredentials?: { username: string; password: string };
  options?: ServeOptions;
  device?: Device;
}

/**
 * Runs a test with a server and a page. Fails on errors of the page, native dialogs and requests to other hosts. Runs it
 * again if Chromium gave up its requests because the networks of the system changed, as another test makes them do.
 */
export async function withPage(body: (context: PageContext) => Promise<void>, options?: PageOptions): Promise<void> {
  try {
    await withOnePage(body, options);
  } catch (error) {
    if (!`${error}`.includes("ERR_NETWORK_CHANGED")) throw error;
    await withOnePage(body, options);
  }
}

async function withOnePage(
  body: (context: PageContext) => Promise<void>,
  { httpCredentials, options, device }: PageOptions = {},
): Promise<void> {
  const httpAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serveForTest("sqlite::memory:", { httpAddr, ...options });
  const context = await (await browser()).newContext({ httpCredentials, ...device });
  const client = await connect(server.addr);
  try {
    const url = httpUrl(server);
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const problem = (text: string) => failed.reject(new Error(`Problem of the page: ${text}`));
    // The page shows a refused request to the operator; the browser reports it as well.
    const isRefusal = (text: string, address: string) => text.startsWith("Failed to load") && !/\/page\//.test(address);
    page.on("console", (message) => {
      if (message.type() === "error" && !isRefusal(message.text(), message.location().url)) problem(message.text());
    });
    page.on("response", (response) => {
      if (response.status() >= 500) problem(`Status ${response.status()} of ${response.url()}`);
    });
    page.on("pageerror", (error) => problem(error.stack ?? String(error)));
    page.on("dialog", (dialog) => {
      problem(`Native dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && request.url() !== "about:blank") problem(`Request to ${request.url()}`);
    });
    await Promise.race([body({ page, url, client, server }), failed.promise]);
    await Promise.race([failed.promise, Promise.resolve()]);
  } finally {
    client.close();
    await context.close();
    await server.close();
  }
}

let declared = 0;

/** Declares a test of the page, on the devices in turn. */
export async function pageTest(
  name: string,
  body: (context: PageContext) => Promise<void>,
  options?: PageOptions,
): Promise<void> {
  const device = DEVICES[declared++ % DEVICES.length];
  await browserTest(`${name} (${device.name})`, () => withPage(body, { ...options, device }));
}

/** Clicks a button, fills in its dialog and confirms it. */
export async function confirmed(page: Page, button: string, confirm: string, fields: Record<string, string> = {}) {
  await page.getByRole("button", { name: button, exact: true }).click();
  const dialog = page.getByRole("dialog");
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label).fill(value);
  await dialog.getByRole("button", { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

/** A value of the displayed queue. */
export async function valueOf(page: Page, name: string): Promise<number> {
  return Number(await page.locator(`dl [data-property="${name}"]`).getAttribute("data-value"));
}

export async function messageShown(page: Page, text: string): Promise<void> {
  await page.getByRole("status").filter({ hasText: text }).waitFor();
}
