import type { Role } from "../../core/auth/user.ts";
import { flagOf } from "../../core/config/flags.ts";
import type { Option } from "../../core/config/option.ts";
import { OPTIONS } from "../../core/config/settings.ts";
import { COMMANDS } from "../../server.ts";
import { assert } from "../deps.ts";
import { codeOf, CURRENT_PAGES, proseOf, rowsOf, sectionOf } from "../support/pages.ts";
import { readSource, sourcePaths } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";

/** Options that the pages name and that are not options of the server, by the program that they belong to. */
const FOREIGN_OPTIONS: Record<string, string[]> = {
  "server.ts migrate": ["--from"],
  "client/cli.ts": [
    "--addr",
    "--cacert",
    "--concurrency",
    "--delay",
    "--group",
    "--id",
    "--lease",
    "--meta",
    "--pass",
    "--post",
    "--right",
    "--secret-file",
    "--timeout",
    "--tls",
    "--ttl",
    "--until-empty",
    "--count",
    "--user",
  ],
  "tools in testing/": ["--history", "--minutes", "--only", "--out", "--seconds", "--seed"],
  deno: [
    "--allow-env",
    "--allow-import",
    "--allow-net",
    "--allow-read",
    "--allow-run",
    "--allow-write",
    "--cert",
    "--cached-only",
    "--frozen",
    "--no-prompt",
    "--unstable-net",
    "--unstable-no-legacy-abort",
  ],
  V8: ["--no-incremental-marking-task"],
  "redis-cli, redis-server": ["--appendonly", "--cluster", "--daemonize", "--dir", "--latency", "--pipe", "--rdb"],
  systemctl: ["--now"],
  curl: ["--data-binary"],
  "kubectl, helm": ["--from-literal", "--set"],
};

/** Options that print something and exit; they have no setting. */
const PRINTING_OPTIONS = ["--hash-password", "--help", "--version"];

const okqOptions = [...Object.keys(OPTIONS).map((name) => `--${flagOf(name)}`), ...PRINTING_OPTIONS];

Deno.test("docs/commands.md describes every command, in the order of the table, under its syntax", async () => {
  const prose = await proseOf("docs/commands.md");
  const headings = COMMANDS.map(({ name, syntax }) =>
    `<a id="${name.toLowerCase()}"></a>\n\n### ${`${name} ${syntax}`.trimEnd()}`
  );
  const found = [...prose.matchAll(/^(?:<a id="[^"]*"><\/a>\n\n)?### .+$/gm)].map(([heading]) => heading);
  assert.deepEqual(found, headings);
});

Deno.test("docs/configuration.md has a row with the default of every option", async () => {
  const rows = rowsOf(await proseOf("docs/configuration.md")).filter((cells) => cells.length === 3);
  for (const [name, { fallback }] of Object.entries<Option<unknown>>(OPTIONS)) {
    const option = `\`--${flagOf(name)}\``;
    const defaults = rows.filter(([first]) => first === option).map(([, value]) => value);
    assert.deepEqual(defaults, [fallback === undefined ? "" : `\`${fallback}\``], option);
  }
  const named = rows.flatMap(([first]) => codeOf(first)).filter((code) => code.startsWith("--"));
  for (const option of PRINTING_OPTIONS) assert.ok(named.includes(option), option);
});

Deno.test("The pages name no option that does not exist", async () => {
  const known = new Set([...okqOptions, ...Object.values(FOREIGN_OPTIONS).flat()]);
  const named = new Set<string>();
  const unknown: string[] = [];
  for (const page of CURRENT_PAGES) {
    for (const [, option] of (await readSource(page)).matchAll(/(?<![\w-])(--[a-z][a-z-]*[a-z])/g)) {
      named.add(option);
      if (!known.has(option)) unknown.push(`${page}: ${option}`);
    }
  }
  assert.deepEqual(unknown, []);
  assert.deepEqual([...known].filter((option) => !named.has(option)), []);
});

Deno.test("The pages name no task that does not exist", async () => {
  const { tasks } = JSON.parse(await readSource("deno.json"));
  const named = new Set<string>();
  for (const page of CURRENT_PAGES) {
    for (const [, task] of (await readSource(page)).matchAll(/(?:deno|deno@[\d.]+) task (?:-q )?([a-z-]+)/g)) {
      named.add(task);
    }
  }
  assert.deepEqual([...named].filter((task) => tasks[task] === undefined), []);
});

Deno.test("The options of the command line client that the pages name are its own", async () => {
  const source = await readSource("client/cli.ts");
  const readsOptions = [...source.matchAll(/"(--[a-z-]+)"|"(concurrency|lease)"/g)].map(([, a, b]) => a ?? `--${b}`);
  assert.deepEqual(FOREIGN_OPTIONS["client/cli.ts"].filter((option) => !readsOptions.includes(option)), []);
});

Deno.test("The pages quote errors as okq words them", async () => {
  const paths = (await sourcePaths()).filter((path) => /^(commands|core|resp|store|server\.ts).*\.ts$/.test(path));
  const source = (await Promise.all([...paths, "server.ts"].map(readSource))).join("\n");
  const wrong: string[] = [];
  let quoted = 0;
  for (const page of CURRENT_PAGES) {
    for (const code of codeOf(await proseOf(page))) {
      const [, words] = /^-?(?:ERR|UNAVAILABLE|NOAUTH|NOPERM|WRONGPASS|UNBLOCKED) (.+)$/.exec(code) ?? [];
      if (words === undefined) continue;
      quoted++;
      // What differs from case to case is left out: "…", <id>, 'name', numbers, codes of Redis, and reasons behind a colon.
      for (
        const part of words.split(/…|<\w+>|'\w+'|\d+|\b[A-Z]{3}\b|: /).map((part) => part.trim().replace(/:$/, ""))
      ) {
        if (!source.includes(part)) wrong.push(`${page}: ${code}`);
      }
    }
  }
  assert.ok(quoted > 40);
  assert.deepEqual(wrong, []);
});

Deno.test("docs/operations.md quotes log messages as okq words them", async () => {
  const examples = [...(await readSource("docs/operations.md")).matchAll(/^\S+Z \w+ (.+?) \w+=.*$/gm)];
  const messages = rowsOf(await sectionOf("docs/operations.md", "Logs")).slice(1).flatMap(([first]) => codeOf(first));
  const paths = (await sourcePaths()).filter((path) => /^(core|http|server\.ts).*\.ts$/.test(path));
  const source = (await Promise.all([...paths, "server.ts"].map(readSource))).join("\n");
  assert.equal(examples.length, 3);
  assert.deepEqual(
    [...examples.map(([, message]) => message), ...messages].filter((message) => !source.includes(`"${message}"`)),
    [],
  );
});

Deno.test("docs/security.md lists the commands of each role", async () => {
  const all = COMMANDS.flatMap((row) => [row, ...(row.subcommands ?? [])].map((command) => ({ row, command })));
  const table = new Map(rowsOf(await sectionOf("docs/security.md", "Users")).map(([role, list]) => [role, list]));
  for (const role of ["produce", "consume", "inspect", "admin"] as Role[]) {
    const names = all.filter(({ row, command }) => command.role === role && (row === command || row.role !== role))
      .map(({ row, command }) => row === command ? row.name : `${row.name} ${command.name}`);
    const listed = table.get(`\`${role}\``)!.split(", ").filter((name) => !name.startsWith("`/"));
    assert.deepEqual(listed.toSorted(), names.toSorted(), role);
  }
});

Deno.test("docs/commands.md has the fields of QCONFIG with their defaults, and the columns of QSTATS", async () => {
  const tables = rowsOf(await proseOf("docs/commands.md"));
  const codes = (cells: string[]) => cells.map((cell) => codeOf(cell)[0] ?? "");
  const server = await serveForTest("sqlite::memory:");
  try {
    await using client = await connect(server.addr);
    const fields = await client.command("QCONFIG", "GET", "jobs") as string[];
    for (let i = 0; i < fields.length; i += 2) {
      const row = tables.find(([first]) => first === `\`${fields[i]}\``);
      assert.equal(codes(row ?? [])[1]?.replace("<queue>", "jobs"), fields[i + 1], fields[i]);
    }
    await client.command("HELLO", "3");
    await client.command("QLPUSH", "jobs", "1", "x");
    const [stats] = await client.command("QSTATS", "jobs") as unknown as Map<string, unknown>[];
    const start = tables.findIndex(([first]) => first === "column");
    const columns = [];
    for (const [first] of tables.slice(start + 1)) {
      if (first === "error") break;
      columns.push(...codeOf(first));
    }
    assert.deepEqual(columns, [...stats.keys()]);
  } finally {
    await server.close();
  }
});

Deno.test("docs/clients.md lists every option of Producer and Consumer, and every member of an event", async () => {
  const paths = (await sourcePaths()).filter((path) => /^client\/.*\.ts$/.test(path));
  const source = (await Promise.all(paths.map(readSource))).join("\n");
  const membersOf = (type: string) => {
    const [, body] = new RegExp(`^export interface ${type}\\b[^{]*\\{\\n([^]*?)^\\}`, "m").exec(source)!;
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?:\?:|:|\()/gm)].map(([, name]) => name);
  };
  const login = membersOf("Credentials");
  const expected: [heading: string, members: string[]][] = [
    ["Producer", [...login, ...membersOf("ProducerOptions")]],
    ["Consumer", [...login, ...membersOf("ConsumerOptions"), ...membersOf("QueuedEvent")]],
  ];
  for (const [heading, members] of expected) {
    const named = rowsOf(await sectionOf("docs/clients.md", heading)).flatMap(([first]) => codeOf(first))
      .map((code) => code.replace(/\(.*/, ""));
    assert.deepEqual(named.toSorted(), members.toSorted(), heading);
  }
});
