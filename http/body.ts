/**
 * The body of a request, read within limits of size, time and memory.
 *
 * What was read counts as input in flight, like that of connections, until the response is there. At the limit of all
 * input nothing is read from bodies that are larger than {@linkcode FREE_BYTES}; see `core/connection/back_pressure.ts`.
 *
 * @module
 */
import { type BackPressure, FREE_BYTES, type Stallable } from "../core/connection/back_pressure.ts";
import { HttpError } from "./response.ts";

/** What is left of the body is not read. */
const CLOSE = { connection: "close" };

export class RequestBody implements Stallable {
  readonly #request: Request;
  readonly #backPressure: BackPressure;
  readonly #timeoutMs: number;
  #bytes = 0;
  #exempt = false;
  #onResume: () => void = () => {};

  /** @param timeoutMs time for all of the body, without the time in which it is stalled */
  constructor(request: Request, backPressure: BackPressure, timeoutMs: number) {
    this.#request = request;
    this.#backPressure = backPressure;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param what is named in the error
   * @throws {HttpError} 413 as soon as it is known to be too long, 408 if it does not arrive in time
   */
  async read(maxBytes: number, what: string): Promise<Uint8Array> {
    const length = Number(this.#request.headers.get("content-length") ?? NaN);
    if (length > maxBytes) throw tooLong(maxBytes, what);
    try {
      return await (length <= FREE_BYTES ? this.#readAtOnce() : this.#readInParts(maxBytes, what));
    } catch (error) {
      if (error instanceof HttpError) throw error;
      throw new HttpError(400, "the request body is incomplete: the client disconnected", CLOSE);
    }
  }

  /** The response is there. */
  free(): void {
    if (this.#bytes === 0) return;
    this.#backPressure.forget(this);
    this.#backPressure.change(-this.#bytes);
    this.#bytes = 0;
  }

  resume(withoutRoom: boolean): void {
    this.#exempt = withoutRoom;
    this.#onResume();
  }

  async #readAtOnce(): Promise<Uint8Array> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(this.#tooSlow()), this.#timeoutMs);
    try {
      const bytes = await Promise.race([this.#request.bytes(), late.promise]);
      this.#take(bytes.length);
      return bytes;
    } finally {
      clearTimeout(timer);
    }
  }

  async #readInParts(maxBytes: number, what: string): Promise<Uint8Array> {
    const { body } = this.#request;
    if (body === null) return new Uint8Array();
    const reader = body.getReader();
    const end = () => void reader.cancel().catch(() => {}); // the client may have gone
    let late = false;
    const startTimer = () =>
      setTimeout(() => {
        late = true;
        end();
      }, this.#timeoutMs);
    let timer = startTimer();
    let buffer = new Uint8Array(FREE_BYTES);
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const start = this.#bytes;
        this.#take(part.value.length);
        if (this.#bytes > maxBytes) throw tooLong(maxBytes, what);
        if (this.#bytes > buffer.length) buffer = copyOf(buffer, Math.max(this.#bytes, 2 * buffer.length));
        buffer.set(part.value, start);
        if (this.#bytes > FREE_BYTES && !this.#exempt && this.#backPressure.stall(this)) {
          clearTimeout(timer);
          await new Promise<void>((resolve) => this.#onResume = resolve);
          timer = startTimer();
        }
      }
    } finally {
      clearTimeout(timer);
      end();
    }
    if (late) throw this.#tooSlow();
    return buffer.subarray(0, this.#bytes);
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    this.#backPressure.change(bytes);
  }

  #tooSlow(): HttpError {
    return new HttpError(408, `the request body must arrive within ${this.#timeoutMs / 1000} s`, CLOSE);
  }
}

function tooLong(maxBytes: number, what: string): HttpError {
  return new HttpError(413, `${what} must be at most ${maxBytes} bytes long`, CLOSE);
}

function copyOf(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return copy;
}
