import { assert } from "../deps.ts";
import { rowsOf, sectionOf } from "../support/pages.ts";
import { type Client, CLIENTS, REDIS_CLI, type Row } from "./clients.ts";

const HEAD = ["client", "from", "version", "waits for a reply", "to set", "to know"];

function origin({ debian, pip, npm }: Client): string {
  if (pip) return `\`pip install ${pip}\``;
  return debian ? `\`${debian.packages[0]}\`` : `\`npm:${npm!.package}\`, ${npm!.runtimes.join(" and ")}`;
}

function cells(row: Row, from: string): string[] {
  return [row.name, from, row.version, row.waits, row.set || "nothing", row.know];
}

/** The cells of the table as it must be. */
function expected(): string[][] {
  return [HEAD, cells(REDIS_CLI, "`redis-tools`"), ...CLIENTS.map((client) => cells(client, origin(client)))];
}

Deno.test("docs/clients.md has the table of the tested clients", async () => {
  assert.deepEqual(rowsOf(await sectionOf("docs/clients.md", "Redis clients")), expected());
});
