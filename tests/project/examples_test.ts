import { installPipClients } from "../clients/setup.ts";
import { assert } from "../deps.ts";
import { CommandProxy } from "../support/command_proxy.ts";
import { totalOf } from "../support/consuming.ts";
import { eventually } from "../support/eventually.ts";
import { fields } from "../support/fields.ts";
import { Guard } from "../support/process_guard.ts";
import { Program } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { freePort } from "../support/redis_server.ts";
import { readSource, ROOT } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";
import { connect, type Wire } from "../support/wire.ts";

/** How an example is run. */
interface Language {
  /** How its files end. */
  ending: string;
  /** The program that runs them, and its arguments. */
  run: string[];
  /** Succeeds if the language and its client library are there. */
  check: string[];
  /** What has to be installed for that. */
  needs: string;
  /** How long its client library waits for a reply by default, in seconds. */
  readTimeout?: number;
  /** How the tests change the consumer. Not of okq's own client, which has tests of its own. */
  changes?: {
    /** What its handler does. */
    handle: string;
    /** A handler that fails, and what QNACK says then. */
    fails: string;
    reason: string;
    /** A handler that takes some seconds. */
    takesLong: string;
    /** The line with the lease, but for the number. */
    lease: string;
    /** It sends no CLIENT UNBLOCK. */
    polls?: true;
  };
}

const PIP = await installPipClients().catch((error: Error) => error);

const PYTHON = {
  handle: '    print(f"{event_id.decode()}: {contents.decode()}", flush=True)\n',
  fails: '    raise ValueError("mailbox full")\n',
  reason: "mailbox full",
  takesLong: "    threading.Event().wait(4)\n",
  lease: "LEASE = ",
};

const LANGUAGES: Language[] = [
  {
    ending: "ts",
    run: [Deno.execPath(), "run", "--no-prompt", "--no-check", "--allow-net"],
    check: [Deno.execPath(), "--version"],
    needs: "Deno",
  },
  // Debian's own interpreters have the libraries from Debian's packages.
  {
    ending: "py",
    run: ["/usr/bin/python3"],
    check: ["/usr/bin/python3", "-c", "import redis"],
    needs: "redis-py",
    changes: PYTHON,
  },
  {
    ending: "py",
    run: ["env", `PYTHONPATH=${PIP}`, "python3"],
    check: ["env", `PYTHONPATH=${PIP}`, "python3", "-c", "import redis"],
    needs: "redis-py from PyPI",
    readTimeout: 5,
    changes: PYTHON,
  },
  {
    ending: "rb",
    run: ["ruby"],
    check: ["ruby", "-e", "require 'redis'"],
    needs: "redis-rb",
    readTimeout: 5,
    changes: {
      handle: '  puts "#{id}: #{contents}"\n',
      fails: '  raise "mailbox full"\n',
      reason: "mailbox full",
      takesLong: "  sleep 4\n",
      lease: "LEASE = ",
    },
  },
  {
    ending: "php",
    run: ["php"],
    check: ["php", "-r", "exit(class_exists('Redis') && function_exists('pcntl_signal') ? 0 : 1);"],
    needs: "phpredis",
    changes: {
      handle: '    echo "$id: $contents\\n";\n',
      fails: "    throw new Exception('mailbox full');\n",
      reason: "mailbox full",
      takesLong: "    $end = time() + 4; while (time() < $end) usleep(50000);\n", // signals end sleep
      lease: "const LEASE = ",
      polls: true,
    },
  },
  {
    ending: "sh",
    run: ["sh"],
    check: ["redis-cli", "--version"],
    needs: "redis-cli",
    changes: {
      handle: '  echo "$1: $2"\n',
      fails: "  return 1\n",
      reason: "handle failed",
      takesLong: "  sleep 4\n",
      lease: "lease=",
    },
  },
];

const MAILS = ["order-1", "order-2", "order-3"];

function command([program, ...args]: string[], more: string[] = []): Deno.Command {
  return new Deno.Command(program, {
    args: [...args, ...more],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
}

async function works(check: string[]): Promise<boolean> {
  try {
    return (await command(check).output()).success;
  } catch {
    return false;
  }
}

/** A consumer that runs, and the ids of the mails that it has shown. */
class RunningConsumer implements AsyncDisposable {
  readonly ids: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #reading: Promise<void>;

  constructor({ run, ending }: Language, port: number, path = `examples/consumer.${ending}`) {
    this.#child = command(run, [path, `${port}`]).spawn();
    this.#guard = new Guard(this.#child.pid);
    this.#reading = this.#read();
  }

  /** Sends SIGTERM, and resolves to the exit code. */
  async stop(): Promise<number> {
    this.#child.kill("SIGTERM");
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#child.status;
    await this.#reading;
    await this.#guard.release();
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const shown = text.matchAll(/^(order-\d): .*Order \d for ann@example.com\n/gm);
      this.ids.splice(0, this.ids.length, ...Array.from(shown, ([, id]) => id));
    }
  }
}

async function produce({ run, ending }: Language, port: number): Promise<void> {
  const { success, stdout } = await command(run, [`examples/producer.${ending}`, `${port}`]).output();
  const expected = MAILS.map((id) => `pushed ${id}\n`).join("");
  assert.deepEqual([success, new TextDecoder().decode(stdout)], [true, expected]);
}

/** Waits until a consumer has waited for events for longer than a time, in seconds. */
async function waitsBeyond(seconds: number, observer: Wire): Promise<void> {
  await eventually(async () => {
    const list = `${await observer.command("CLIENT", "LIST")}`;
    return list.split("\n").some((line) => /cmd=qclaim/.test(line) && Number(/ age=(\d+)/.exec(line)![1]) >= seconds);
  });
}

/** Runs a consumer whose handler and lease are changed, through a proxy. */
async function withChanged(
  language: Language,
  [handle, lease]: [handle: string, lease: number],
  body: (consumer: RunningConsumer, wire: Wire, proxy: CommandProxy) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const changes = language.changes!;
    const source = await readSource(`examples/consumer.${language.ending}`);
    const changed = source.replace(changes.handle, () => handle).replace(
      `${changes.lease}30`,
      `${changes.lease}${lease}`,
    );
    assert.ok(source.includes(changes.handle) && source.includes(`${changes.lease}30`));
    const path = `${folder}/consumer.${language.ending}`;
    await Deno.writeTextFile(path, changed);
    await using server = await serveForTest("sqlite::memory:");
    await using wire = await connect(server.addr);
    await using proxy = new CommandProxy(server.addr);
    await using consumer = new RunningConsumer(language, Number(proxy.address.split(":")[1]), path);
    await body(consumer, wire, proxy);
  });
}

const there = await Promise.all(LANGUAGES.map(({ check }) => works(check)));

/** Declares a test that needs a language. */
function exampleTest(language: Language, name: string, body: () => Promise<void>): void {
  if (there[LANGUAGES.indexOf(language)]) return programTest(`${name} with ${language.needs}`, body);
  Deno.test({ name: `${name} (skipped: no ${language.needs} on this machine)`, ignore: true, fn() {} });
}

for (const language of LANGUAGES) {
  const { ending, readTimeout, changes } = language;
  const [producer, consumer] = [`examples/producer.${ending}`, `examples/consumer.${ending}`];

  exampleTest(
    language,
    `${producer} and consumer.${ending} do what they say, also after okq was restarted,`,
    async () => {
      const port = freePort();
      const listenAddr = { hostname: "127.0.0.1", port };
      await using consumer = new RunningConsumer(language, port);
      for (let round = 1; round <= 2; round++) {
        await using _server = await serveForTest("sqlite::memory:", { listenAddr });
        await produce(language, port);
        await eventually(() => assert.deepEqual(consumer.ids, Array(round).fill(MAILS).flat()));
        await using wire = await connect(listenAddr);
        await eventually(async () => assert.equal(await totalOf(wire, "mails"), 0));
        if (round === 2 && readTimeout) await waitsBeyond(readTimeout, wire);
      }
    },
  );

  exampleTest(language, `${producer} may be run again before its mails are consumed,`, async () => {
    await using server = await serveForTest("sqlite::memory:");
    for (let run = 1; run <= 2; run++) await produce(language, server.addr.port);
    await using wire = await connect(server.addr);
    assert.equal(await totalOf(wire, "mails"), 3);
  });

  if (!changes) continue;

  exampleTest(
    language,
    `${consumer} gives back a mail that fails, later and with the reason, until it dies,`,
    async () => {
      await withChanged(language, [changes.fails, 30], async (_, wire) => {
        await wire.command("QCONFIG", "SET", "mails", "max-attempts", "2");
        await wire.command("QLPUSH", "mails", "bad", "x");
        await eventually(async () => {
          const { state, attempts, reason } = fields(await wire.command("QGET", "mails", "bad"));
          assert.deepEqual([state, attempts, reason], ["delayed", 1, changes.reason]);
        });
        await eventually(async () => {
          const { state, attempts, reason } = fields(await wire.command("QGET", "mails:dead", "bad"));
          assert.deepEqual([state, attempts, reason], ["ready", 2, changes.reason]);
        });
      });
    },
  );

  exampleTest(language, `${consumer} renews the lease of a mail, and finishes it on SIGTERM,`, async () => {
    await withChanged(language, [changes.takesLong, 3], async (consumer, wire, proxy) => {
      await wire.command("QLPUSH", "mails", "1", "x");
      await wire.command("QLPUSH", "mails", "2", "x");
      await eventually(() => proxy.count("QTOUCH") > 0);
      assert.equal(await consumer.stop(), 0);
      assert.equal(await totalOf(wire, "mails"), 1);
      const { state, attempts } = fields(await wire.command("QGET", "mails", "2"));
      assert.deepEqual([state, attempts], ["ready", 0]);
    });
  });

  exampleTest(language, `${consumer} ends on SIGTERM while it waits, and takes nothing with it,`, async () => {
    await withChanged(language, [changes.handle, 30], async (consumer, wire, proxy) => {
      await waitsBeyond(0, wire);
      assert.equal(await consumer.stop(), 0);
      const unblocked = proxy.commands.some(([name, what]) => name === "CLIENT" && what === "UNBLOCK");
      assert.equal(unblocked, !changes.polls);
      await wire.command("QLPUSH", "mails", "1", "x");
      assert.deepEqual(await wire.command("QRPOP", "mails"), ["1", "x"]);
    });
  });
}

if (typeof PIP === "string") globalThis.addEventListener("unload", () => Deno.removeSync(PIP, { recursive: true }));

programTest("examples/embedded.ts sends what it is given over HTTP", async () => {
  const port = freePort();
  const main = "examples/embedded.ts";
  await using program = new Program([`${port}`, "sqlite::memory:"], { main });
  const url = `http://127.0.0.1:${port}`;
  const answer = await eventually(async () => {
    const response = await fetch(url, { method: "POST", body: "hello" });
    return await response.text();
  });
  const [, id] = answer.match(/^will be sent as (\S+)\n$/)!;
  await program.line(new RegExp(`^sent ${id}: hello$`));
  program.kill("SIGTERM");
  assert.equal((await program.ended).code, 0);
});
