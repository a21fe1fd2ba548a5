import { installPipClients } from "../clients/setup.ts";
import { assert } from "../deps.ts";
import { totalOf } from "../support/consuming.ts";
import { eventually } from "../support/eventually.ts";
import { Guard } from "../support/process_guard.ts";
import { Program, startServer } from "../support/process.ts";
import { programTest } from "../support/programs.ts";
import { freePort } from "../support/redis_server.ts";
import { ROOT } from "../support/sources.ts";
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
}

const PIP = await installPipClients().catch((error: Error) => error);

const LANGUAGES: Language[] = [
  {
    ending: "ts",
    run: [Deno.execPath(), "run", "--no-prompt", "--no-check", "--allow-net"],
    check: [Deno.execPath(), "--version"],
    needs: "Deno",
  },
  // Debian's own interpreters have the libraries from Debian's packages.
  { ending: "py", run: ["/usr/bin/python3"], check: ["/usr/bin/python3", "-c", "import redis"], needs: "redis-py" },
  {
    ending: "py",
    run: ["env", `PYTHONPATH=${PIP}`, "python3"],
    check: ["env", `PYTHONPATH=${PIP}`, "python3", "-c", "import redis"],
    needs: "redis-py from PyPI",
    readTimeout: 5,
  },
  { ending: "rb", run: ["ruby"], check: ["ruby", "-e", "require 'redis'"], needs: "redis-rb", readTimeout: 5 },
  { ending: "php", run: ["php"], check: ["php", "-r", "exit(class_exists('Redis') ? 0 : 1);"], needs: "phpredis" },
  { ending: "sh", run: ["sh"], check: ["redis-cli", "--version"], needs: "redis-cli" },
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

  constructor({ run, ending }: Language, port: number) {
    this.#child = command(run, [`examples/consumer.${ending}`, `${port}`]).spawn();
    this.#guard = new Guard(this.#child.pid);
    this.#reading = this.#read();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
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

/** Waits until a connection has waited in QNOTIFY for events for longer than its client library does by default. */
async function waitsBeyond(seconds: number, observer: Wire): Promise<void> {
  await eventually(async () => {
    const list = `${await observer.command("CLIENT", "LIST")}`;
    return list.split("\n").some((line) => /cmd=qnotify/.test(line) && Number(/ age=(\d+)/.exec(line)![1]) > seconds);
  });
}

const there = await Promise.all(LANGUAGES.map(({ check }) => works(check)));
for (const [i, language] of LANGUAGES.entries()) {
  const { ending, needs, readTimeout } = language;
  const name = `examples/producer.${ending} and consumer.${ending} do what they say with ${needs}, ` +
    "also after okq was restarted";
  if (!there[i]) {
    Deno.test({ name: `${name} (skipped: no ${needs} on this machine)`, ignore: true, fn() {} });
    continue;
  }
  programTest(name, async () => {
    const port = freePort();
    const addr = { hostname: "127.0.0.1", port };
    const args = ["--listen-addr", `127.0.0.1:${port}`];
    await using consumer = new RunningConsumer(language, port);
    for (let round = 1; round <= 2; round++) {
      await using server = startServer("sqlite::memory:", args);
      await server.addr();
      await produce(language, port);
      await eventually(() => assert.deepEqual(consumer.ids, Array(round).fill(MAILS).flat()));
      await using wire = await connect(addr);
      await eventually(async () => assert.equal(await totalOf(wire, "mails"), 0));
      if (round === 2 && readTimeout) await waitsBeyond(readTimeout, wire);
    }
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
