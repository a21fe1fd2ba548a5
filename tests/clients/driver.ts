/**
 * A client of another kind as a process that is told what to do line by line.
 *
 * A line in is a verb and its arguments in hexadecimal, `-` for an empty one:
 *
 * | line                   | what the driver does                                                                |
 * | ---------------------- | ----------------------------------------------------------------------------------- |
 * | `version`              | says the client's version                                                           |
 * | `open port`            | connects to the port on 127.0.0.1 with the client's default options, and sends PING |
 * | `open-set port`        | the same with what docs/clients.md says to set                                            |
 * | `call word …`          | sends a command by the client's generic call                                        |
 * | `bytes word …`         | the same in the way that leaves bytes as they are, where there are two              |
 * | `pipeline queue count` | sends that many QLPUSH in a pipeline; contents and id are 0, 1, 2 …                 |
 *
 * A line out is the reply: `$hex`, `:integer`, `_` for nil, `*n` and n replies, `%n` and n pairs, `!type:hex` for what
 * the client reports as an error of this type.
 *
 * @module
 */
import { Guard } from "../support/process_guard.ts";
import { bytes, latin1 } from "../support/wire.ts";

/** An error as the client reports it. */
export interface Failure {
  /** The client's own type of error. */
  type: string;
  /** Its message. */
  message: string;
}

/** What a client makes of a reply; bytes are strings of one character for each. */
export type Answer = string | number | null | Failure | Answer[] | Map<string, Answer>;

/** Reads a line of a driver. */
export function readAnswer(line: string): Answer {
  const tokens = line.split(" ");
  const next = (): Answer => {
    const token = tokens.shift() ?? "";
    const rest = token.slice(1);
    if (token === "_") return null;
    if (token[0] === "$") return text(rest);
    if (token[0] === ":") return Number(rest);
    if (token[0] === "*") return Array.from({ length: Number(rest) }, next);
    if (token[0] === "%") return new Map(Array.from({ length: Number(rest) }, () => [next() as string, next()]));
    const at = rest.lastIndexOf(":");
    if (token[0] === "!") return { type: rest.slice(0, at), message: text(rest.slice(at + 1)) };
    throw new Error(`A driver answered ${JSON.stringify(line)}`);
  };
  return next();
}

function text(hex: string): string {
  return latin1(Uint8Array.fromHex(hex));
}

/** A driver that runs. */
export class Driver implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<void>;
  #said = "";

  /** Starts it. */
  constructor([program, ...args]: string[], cwd?: string) {
    const child = new Deno.Command(program, {
      args,
      cwd,
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#guard = new Guard(child.pid);
    this.#stdin = child.stdin.getWriter();
    this.#answers = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(this.#lines()).getReader();
    this.#stderr = this.#hear(child.stderr);
  }

  /** All that it wrote beside answers, on both outputs. */
  get said(): string {
    return this.#said;
  }

  /**
   * Sends it a line and resolves to its answer.
   * @throws {Error} if it ends instead
   */
  async ask(verb: string, ...args: string[]): Promise<Answer> {
    const words = args.map((arg) => arg === "" ? "-" : bytes(arg).toHex());
    await this.#stdin.write(bytes([verb, ...words].join(" ") + "\n"));
    const { value, done } = await this.#answers.read();
    if (!done) return readAnswer(value);
    await this.#stderr;
    throw new Error(`The driver ended at ${JSON.stringify([verb, ...args])}: ${this.#said}`);
  }

  /** Tells it that there is nothing more to do. Resolves to its exit code once it has ended. */
  async end(): Promise<number> {
    await this.#stdin.close();
    while (!(await this.#answers.read()).done);
    await this.#stderr;
    return (await this.#child.status).code;
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.#stdin.close().catch(() => {});
    await this.#answers.cancel();
    await this.#stderr;
    await this.#child.status;
    await this.#guard.release();
  }

  /** Cuts text into lines and keeps those that are no answers. */
  #lines(): TransformStream<string, string> {
    let rest = "";
    return new TransformStream({
      transform: (chunk, controller) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          if (/^[$:_*%!]/.test(line)) controller.enqueue(line);
          else this.#said += `${line}\n`;
        }
      },
    });
  }

  async #hear(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) this.#said += chunk;
  }
}
