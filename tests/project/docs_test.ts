import { Log } from "../../core/log.ts";
import { VERSION } from "../../core/version.ts";
import { ROUTES } from "../../http/http_server.ts";
import { PathTable } from "../../http/path_table.ts";
import type { Method } from "../../http/route.ts";
import { COMMANDS, serve } from "../../server.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { serveFiles } from "../support/file_server.ts";
import { anchorsOf, codeOf, CURRENT_PAGES, PAGES, proseOf, rowsOf, sectionOf } from "../support/pages.ts";
import { Program, runProgram, startServer } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { freePort } from "../support/redis_server.ts";
import { readSource, ROOT, sourcePaths } from "../support/sources.ts";
import { connect, latin1 } from "../support/wire.ts";

/** How long README may be, in lines. */
const MAX_README_LINES = 250;

Deno.test("Links between pages lead somewhere", async () => {
  const broken = [];
  let links = 0;
  for (const page of PAGES) {
    for (const [, target] of (await proseOf(page)).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      links++;
      const [path, anchor] = target.split("#");
      const url = new URL(path, new URL(page, ROOT));
      const found = path === "" ? page : url.href.slice(ROOT.href.length);
      const exists = await Deno.stat(new URL(found, ROOT)).then(() => true, () => false);
      if (!exists || (anchor && !(await anchorsOf(found)).includes(anchor))) broken.push(`${page}: ${target}`);
    }
  }
  assert.ok(links > 100);
  assert.deepEqual(broken, []);
});

Deno.test("README.md links to every page under docs/", async () => {
  const linked = [...(await sectionOf("README.md", "Documentation")).matchAll(/\]\((docs\/[\w-]+\.md)\)/g)];
  const pages = PAGES.filter((page) => page.startsWith("docs/") && page !== "docs/soak.md");
  assert.deepEqual(linked.map(([, page]) => page).toSorted(), pages);
});

Deno.test(`README.md has at most ${MAX_README_LINES} lines`, async () => {
  assert.ok((await readSource("README.md")).split("\n").length - 1 <= MAX_README_LINES);
});

Deno.test("README.md has a line for every command, in the order of the table, with a link to its description", async () => {
  const [head, ...rows] = rowsOf(await sectionOf("README.md", "Commands"));
  assert.equal(head[0], "command");
  const links = COMMANDS.map(({ name }) => `[${name}](docs/commands.md#${name.toLowerCase()})`);
  assert.deepEqual(rows.map(([command]) => command), links);
});

Deno.test("README.md and .ci/run run the tests with the same Deno", async () => {
  const pinned = async (path: string) =>
    new Set([...(await readSource(path)).matchAll(/npx -y deno@(\S+?) task test\b/g)].map(([, version]) => version));
  const [version, ...others] = await pinned(".ci/run");
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(others, []);
  assert.deepEqual([...await pinned("README.md")], [version]);
});

/** The lines of code of a section of README. */
async function commandsOf(section: string): Promise<string[]> {
  const [, text] = (await readSource("README.md")).split(`\n## ${section}\n`);
  const blocks = [...text.split("\n## ")[0].matchAll(/^```sh\n([^]*?)^```/gm)];
  return blocks.flatMap(([, code]) => code.trimEnd().split("\n"));
}

Deno.test("README.md alone says where okq is, in one place", async () => {
  const address = /https?:\/\/(?!mailer\.)\S*example\.com\S*/g;
  const found = [];
  for (const page of PAGES) {
    for (const [url] of (await readSource(page)).matchAll(address)) found.push(`${page} ${url}`);
  }
  assert.deepEqual(found, ["README.md https://example.com/okq.git", "README.md https://example.com/okq"]);
  const [repository, files] = await commandsOf("Get it");
  assert.deepEqual([repository, files].map((line) => line.split("=")[0]), ["repository", "files"]);
});

programTest("README.md gets okq as a clone and by URL", async () => {
  const [, , clone, byUrl] = await commandsOf("Get it");
  await using served = serveFiles();
  await withFolder(async (folder) => {
    const bare = `${folder}/bare`;
    const version = `${byUrl.split("#")[0]} --version`;
    const script = [
      // A repository of the files as they are now, whether or not these are in one.
      `mkdir ${bare} && cp deno.json deno.lock README.md ${bare} && cd ${bare}`,
      "git init -q && git add . && git -c user.name=x -c user.email=x@example.com commit -qm x",
      `cd ${folder}; repository=file://${bare}; files=http://127.0.0.1:${served.addr.port}`,
      `${clone} 1>&2 && test -f deno.json`,
      `cd ${folder} && ${version}`,
    ].join("\n");
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-euc", script],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(new TextDecoder().decode(stdout), `okq ${VERSION}\n`, new TextDecoder().decode(stderr));
  });
});

programTest("The producer and the consumer in README.md work together", async () => {
  const blocks = [...(await readSource("README.md")).matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
  assert.equal(blocks.length, 2);
  await withFolder(async (folder) => {
    await using server = startServer("sqlite::memory:");
    const { hostname, port } = await server.addr();
    const [producer, consumer] = await Promise.all(blocks.map(async (code, i) => {
      assert.ok(code.trimEnd().split("\n").length <= 10);
      const main = `${folder}/example_${i}.ts`;
      await Deno.writeTextFile(
        main,
        code.replace("./client/mod.ts", `${ROOT}client/mod.ts`).replace("127.0.0.1:4777", `${hostname}:${port}`),
      );
      return main;
    }));
    await using consuming = new Program([], { main: consumer });
    await using producing = new Program([], { main: producer });
    const [, id] = await producing.line(/^pushed (\S+)$/);
    assert.equal((await producing.ended).code, 0);
    await consuming.line(new RegExp(`^attempt 1 of ${id}: to ann@example\\.com$`));
  });
});

programTest("The programs in docs/recipes.md print what they say", async () => {
  const blocks = [...(await readSource("docs/recipes.md")).matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
  assert.ok(blocks.length >= 7);
  await withFolder(async (folder) => {
    await using server = startServer("sqlite::memory:");
    const { hostname, port } = await server.addr();
    for (const code of blocks) {
      const main = `${folder}/recipe.ts`;
      const here = code.replace("./client/mod.ts", `${ROOT}client/mod.ts`).replace(
        "127.0.0.1:4777",
        `${hostname}:${port}`,
      );
      await Deno.writeTextFile(main, here);
      const { stdout, stderr } = await runProgram([], { main });
      const printed = Array.from(code.matchAll(/^\/\/ prints (.*\n)/gm), ([, line]) => line);
      assert.ok(printed.length > 0);
      assert.deepEqual([stdout, stderr], [printed.join(""), ""]);
    }
  });
});

programTest(
  "The receiver in docs/clients.md takes what consume --post sends, and nothing that is not signed",
  async () => {
    const blocks = [...(await readSource("docs/clients.md")).matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
    const [receiver] = blocks.filter((code) => code.includes("standardwebhooks"));
    await withFolder(async (folder) => {
      await using server = startServer("sqlite::memory:");
      const { hostname, port } = await server.addr();
      await using wire = await connect({ hostname, port });
      const url = `http://127.0.0.1:${freePort()}/`;
      await Deno.writeTextFile(`${folder}/receiver.ts`, receiver.replace("8000", new URL(url).port));
      await Deno.writeTextFile(`${folder}/secret`, `${btoa("a secret of 32 bytes in base64..")}\n`);
      const permissions = ["--allow-net", "--allow-read=secret"];
      await using receiving = new Program([], { main: "receiver.ts", cwd: folder, permissions });
      const refused = await eventually(() => fetch(url, { method: "POST", body: '{"to":"eve"}' }));
      assert.equal(refused.status, 401);
      await refused.body?.cancel();
      await wire.command("QLPUSH", "mails", "order-42", '{"to":"ann"}');
      const args = ["--addr", `${hostname}:${port}`, "consume", "--post", url, "--secret-file", `${folder}/secret`];
      const { code, stderr } = await runProgram([...args, "--until-empty", "mails"], {
        main: "client/cli.ts",
        permissions: ["--allow-net", "--allow-read"],
      });
      assert.deepEqual([code, stderr], [0, ""]);
      await receiving.line(/^attempt 1 of order-42: to ann$/);
    });
  },
);

programTest("The TypeScript in the pages passes the type checker", async () => {
  await withFolder(async (folder) => {
    const files: string[] = [];
    for (const page of CURRENT_PAGES) {
      for (const [, code] of (await readSource(page)).matchAll(/^```ts\n([^]*?)^```/gm)) {
        const file = `${folder}/example_${files.length}.ts`;
        await Deno.writeTextFile(
          file,
          code.replaceAll(/"\.\/((?:client\/)?mod\.ts|examples\/\w+\.ts)"/g, `"${ROOT}$1"`),
        );
        files.push(file);
      }
    }
    assert.ok(files.length > 4);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["check", ...files], cwd: folder })
      .output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  });
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
    for (const [, side, text] of lines) {
      const bytes = new TextEncoder().encode(text.replaceAll("\\r", "\r").replaceAll("\\n", "\n"));
      if (side === "C") await connection.write(bytes);
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

/** Each command in the consoles of a page, with what it prints. */
async function conversationOf(page: string): Promise<[command: string, output: string][]> {
  const blocks = [...(await readSource(page)).matchAll(/^```console\n([^]*?)^```/gm)];
  return blocks.flatMap(([, text]) =>
    text.split(/^\$ /m).slice(1).map((part): [string, string] => {
      const [command, ...output] = part.split("\n");
      return [command, output.join("\n")];
    })
  );
}

const ANYTHING = "…";

Deno.test({
  name: "The requests in docs/http.md are answered as it says, and every route has one",
  ignore: !await new Deno.Command("curl", { args: ["--version"], stdout: "null" }).output().then(
    () => true,
    () => false,
  ),
  fn: () =>
    withFolder(async (folder) => {
      const conversation = await conversationOf("docs/http.md");
      const addr = { hostname: "127.0.0.1", port: 0 };
      const log = new Log("silent");
      const server = await serve({ listenAddr: addr, httpAddr: addr, store: "sqlite::memory:", log });
      try {
        for (const [command, output] of conversation) {
          const here = command.replaceAll(/\bcurl\b/g, "curl -sS").replaceAll(":4778", `:${server.httpAddr!.port}`);
          const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", here], cwd: folder }).output();
          const printed = new TextDecoder().decode(stdout).replaceAll("\r", "");
          const parts = output.split(ANYTHING).map((part) => RegExp.escape(part.trimEnd()));
          const problem = `${command}\n${printed}${new TextDecoder().decode(stderr)}`;
          assert.match(printed.trimEnd(), new RegExp(`^${parts.join("[^]*")}$`), problem);
        }
      } finally {
        await server.close();
      }
      const table = new PathTable(ROUTES.filter(({ about }) => about));
      const shown = new Set(conversation.map(([command]) => {
        const [, method = "GET"] = / -X (\w+)/.exec(command) ?? [];
        const [, path = "/"] = /:4778([^?']*)/.exec(command) ?? [];
        return table.find(path)?.routes.get(method as Method)?.about?.operation;
      }));
      const operations = ROUTES.flatMap(({ about }) => about ? [about.operation] : []);
      assert.deepEqual(operations.filter((operation) => !shown.has(operation)), []);
    }),
});

Deno.test("Every path that docs/architecture.md names exists", async () => {
  const paths = codeOf(await readSource("docs/architecture.md"))
    .filter((code) => /^[\w./-]+(\/|\.(ts|js|lua|sql|json|md|yml))$/.test(code) && code.includes("/"));
  assert.ok(paths.length > 80);
  const missing = [];
  for (const path of new Set(paths)) {
    if (!await Deno.stat(new URL(path, ROOT)).then(() => true, () => false)) missing.push(path);
  }
  assert.deepEqual(missing, []);
});

Deno.test("docs/architecture.md says of every folder of the product what belongs there", async () => {
  const described = rowsOf(await sectionOf("docs/architecture.md", "Folders")).flatMap(([folder]) => codeOf(folder));
  const folders = new Set((await sourcePaths()).flatMap((path) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, i) => `${parts.slice(0, i + 1).join("/")}/`);
  }));
  const ofProduct = /^((commands|resp|core|store|migrate|http|client)\/|\w+\/$)/;
  assert.deepEqual([...folders].filter((folder) => ofProduct.test(folder) && !described.includes(folder)), []);
});
