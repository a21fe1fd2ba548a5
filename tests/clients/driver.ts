/**
 * Runs a client of another language as a process, the driver, which reads requests line by line.
 *
 * A request is a verb and its arguments in hexadecimal, `-` for an empty one:
 *
 * | request                | what the driver does                                                                |
 * | ---------------------- | ----------------------------------------------------------------------------------- |
 * | `version`              | returns the client's version                                                        |
 * | `open port`            | connects to the port on 127.0.0.1 with the client's default options, and sends PING |
 * | `open-set port`        | the same with the options that docs/clients.md recommends                           |
 * | `call word …`          | sends a command through the client's generic function                               |
 * | `bytes word …`         | the same through the function that returns bytes, if there is another one           |
 * | `pipeline queue count` | sends that many QLPUSH in a pipeline; contents and id are 0, 1, 2 …                 |
 *
 * A line out is the reply: `$hex`, `:integer`, `_` for nil, `*n` and n replies, `%n` and n pairs, `!type:hex` for what
 * the client reports as an error of this type.
 *
 * @module
 */
import { Guard } from "../support/process_guard.ts";
import { bytes, latin1 } from "../support/wire.ts";

/** An error that the client reports. */
export interface Failure {
  /** The client's own type of error. */
  type: string;
  /** Its message. */
  message: string;
}

/** A reply as the client returns it; bytes are strings with one character for each byte. */
export type Answer = string | number | null | Failure | Answer[] | Map<string, Answer>;

/** Decodes an answer of a driver. */
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

/** A running driver. */
export class Driver implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<void>;
  #output = "";

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
    this.#stderr = this.#collect(child.stderr);
  }

  /** All lines that it wrote to standard output and standard error, without answers. */
  get output(): string {
    return this.#output;
  }

  /**
   * Sends a request. Resolves to the answer.
   * @throws {Error} if the driver ends before
   */
  async request(verb: string, ...args: string[]): Promise<Answer> {
    const words = args.map((arg) => arg === "" ? "-" : bytes(arg).toHex());
    await this.#stdin.write(bytes([verb, ...words].join(" ") + "\n"));
    const { value, done } = await this.#answers.read();
    if (!done) return readAnswer(value);
    await this.#stderr;
    throw new Error(`The driver ended at ${JSON.stringify([verb, ...args])}: ${this.#output}`);
  }

  /** Closes its standard input, which ends it. Resolves to its exit code. */
  async end(): Promise<number> {
    await this.#stdin.close();
    while (!(await this.#answers.read()).done);
    await this.#stderr;
    return (await this.#child.status).code;
  }

  /** Kills it if it is running. */
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

  /** Splits text into lines, and collects those that are no answers. */
  #lines(): TransformStream<string, string> {
    let rest = "";
    return new TransformStream({
      transform: (chunk, controller) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          if (/^[$:_*%!]/.test(line)) controller.enqueue(line);
          else this.#output += `${line}\n`;
        }
      },
    });
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) this.#output += chunk;
  }
}
