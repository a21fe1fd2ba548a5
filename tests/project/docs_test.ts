import { helpText } from "../../core/cli/help.ts";
import { Log } from "../../core/log.ts";
import { COMMANDS, serve } from "../../server.ts";
import { assert } from "../deps.ts";
import { readSource, ROOT, sourcePaths } from "../support/sources.ts";
import { connect, latin1 } from "../support/wire.ts";

/** The pages that people write; tables in those of the benchmark come and go with what has been measured. */
const PAGES = (await sourcePaths()).filter((path) => path.endsWith(".md") && !path.startsWith("testing/bench/"));

/** The names by which the headings of a page can be linked to, as GitHub makes them. */
async function anchorsOf(path: string): Promise<string[]> {
  const headings = [...(await readSource(path)).matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, text]) => text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

Deno.test("Links between pages lead somewhere", async () => {
  const broken = [];
  let links = 0;
  for (const page of PAGES) {
    const text = (await readSource(page)).replaceAll(/^```[^]*?^```/gm, "");
    for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      links++;
      const [path, anchor] = target.split("#");
      const url = new URL(path, new URL(page, ROOT));
      const found = path === "" ? page : url.href.slice(ROOT.href.length);
      const there = await Deno.stat(new URL(found, ROOT)).then(() => true, () => false);
      if (!there || (anchor && !(await anchorsOf(found)).includes(anchor))) broken.push(`${page}: ${target}`);
    }
  }
  assert.ok(links > 40);
  assert.deepEqual(broken, []);
});

Deno.test("The conversation in docs/protocol.md is what okq says, byte for byte", async () => {
  const page = await readSource("docs/protocol.md");
  const lines = [...page.matchAll(/^([CS]): (.+)$/gm)];
  assert.equal(lines.length, 8);
  const server = await serve({
    listenAddr: { hostname: "127.0.0.1", port: 0 },
    store: "sqlite::memory:",
    log: new Log("silent"),
  });
  try {
    using connection = await Deno.connect(server.addr);
    for (const [, who, text] of lines) {
      const bytes = new TextEncoder().encode(text.replaceAll("\\r", "\r").replaceAll("\\n", "\n"));
      if (who === "C") await connection.write(bytes);
      else {
        const answer = new Uint8Array(bytes.length);
        for (let at = 0; at < answer.length;) at += await connection.read(answer.subarray(at)) ?? Infinity;
        assert.equal(latin1(answer), latin1(bytes));
      }
    }
    await using other = await connect(server.addr);
    assert.equal(await other.command("PING"), "+PONG");
  } finally {
    await server.close();
  }
});

Deno.test("The pages under docs/ name no option that okq does not have", async () => {
  const help = helpText(COMMANDS, []);
  const options = new Set<string>();
  for (const page of PAGES.filter((page) => page.startsWith("docs/"))) {
    const named = (await readSource(page)).matchAll(/`(--(?:store|max|listen|tls|users|require|reuse)[a-z-]*)/g);
    for (const [, option] of named) options.add(option);
  }
  assert.ok(options.size > 5);
  assert.deepEqual([...options].filter((option) => !help.includes(`\n  ${option}`)), []);
});
