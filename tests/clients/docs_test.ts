import { assert } from "../deps.ts";
import { readSource } from "../support/sources.ts";
import { type Client, CLIENTS, REDIS_CLI, type Row } from "./clients.ts";

const HEAD = ["client", "from", "version", "waits for a reply", "to set", "to know"];

function origin({ debian, npm }: Client): string {
  return debian ? `\`${debian.packages[0]}\`` : `\`npm:${npm!.package}\`, ${npm!.runtimes.join(" and ")}`;
}

function cells(row: Row, from: string): string[] {
  return [row.name, from, row.version, row.waits, row.set || "nothing", row.know];
}

/** The cells of the table as it must be. */
function expected(): string[][] {
  return [HEAD, cells(REDIS_CLI, "`redis-tools`"), ...CLIENTS.map((client) => cells(client, origin(client)))];
}

Deno.test("README.md's table of clients is what the tests of the clients know", async () => {
  const section = (await readSource("README.md")).match(/^## Clients\n([^]*?)^## /m)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  assert.deepEqual(rows.filter(([first]) => !/^-+$/.test(first)), expected());
});
