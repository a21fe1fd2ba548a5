// The queue of a Deno.Kv over okq, for programs that had one:
//
//   const queue = new KvQueue(); // instead of await Deno.openKv()
//   queue.listenQueue(async (mail) => await send(mail));
//   await queue.enqueue({ to: "ann@example.com" }, { delay: 60_000, backoffSchedule: [1000, 60_000] });
//
// Values are serialised as Deno.Kv does it, in V8's format: they arrive with their dates, maps and bytes.
import { deserialize, serialize } from "node:v8";
import { type Codec, Consumer, Producer } from "../client/mod.ts"; // or its URL

/** A `Deno.KvKey`. */
export type Key = readonly (Uint8Array | string | number | bigint | boolean)[];

/** The options of `Deno.Kv.enqueue`, with times in milliseconds. */
export interface EnqueueOptions {
  delay?: number;
  /** Delays of further attempts. The value is undelivered when the attempt after the last one has failed. */
  backoffSchedule?: number[];
  /** Where an undelivered value is stored, instead of in the dead queue. */
  keysIfUndelivered?: Key[];
}

/** Of a {@linkcode KvQueue}. */
export interface KvQueueOptions {
  /** Servers as `host:port`. Default: `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
  /** Name of the queue. Default: `kv`. */
  queue?: string;
  /** Largest number of values in processing. Default: 10. */
  concurrency?: number;
  /** Where `keysIfUndelivered` are set: a `Deno.Kv`, or another store. */
  kv?: { set(key: Key, value: unknown): Promise<unknown> };
}

type Message = Pick<EnqueueOptions, "backoffSchedule" | "keysIfUndelivered"> & { value: unknown };

const codec: Codec<Message> = { encode: serialize, decode: deserialize };

/** As of Deno.Kv. */
const BACKOFF_SCHEDULE = [100, 1000, 5000, 30_000, 60_000];

/** What `Deno.Kv` has for queues. */
export class KvQueue implements AsyncDisposable {
  readonly #options: KvQueueOptions;
  readonly #queue: string;
  readonly #producer: Producer<Message>;
  readonly #closed = new AbortController();
  #listening: Promise<void> | undefined;

  constructor(options: KvQueueOptions = {}) {
    this.#options = options;
    this.#queue = options.queue ?? "kv";
    this.#producer = new Producer({ addresses: options.addresses, codec });
  }

  /** Resolves once the value is stored. What is `versionstamp` here is the event's id. */
  async enqueue(value: unknown, options: EnqueueOptions = {}): Promise<{ ok: true; versionstamp: string }> {
    const { delay, backoffSchedule, keysIfUndelivered } = options;
    const message = { value, backoffSchedule, keysIfUndelivered };
    return { ok: true, versionstamp: await this.#producer.push(this.#queue, message, { delayMs: delay }) };
  }

  /** Resolves once the queue is closed and the values in processing are done. */
  // deno-lint-ignore no-explicit-any -- as in Deno.Kv
  listenQueue(handler: (value: any) => Promise<void> | void): Promise<void> {
    const { addresses, concurrency = 10, kv } = this.#options;
    const signal = this.#closed.signal;
    const consumer = new Consumer({ addresses, queues: this.#queue, codec, concurrency, signal });
    return this.#listening = consumer.run(async (event) => {
      const { value, backoffSchedule = BACKOFF_SCHEDULE, keysIfUndelivered = [] } = event.value;
      try {
        await handler(value);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const delayMs = backoffSchedule[event.attempt - 1];
        if (delayMs !== undefined) await event.nack({ delayMs, reason });
        else if (!kv || keysIfUndelivered.length === 0) await event.bury({ reason });
        else for (const key of keysIfUndelivered) await kv.set(key, value);
        if (event.settled) throw error; // which the consumer logs
      }
    });
  }

  /** Finishes the values in processing. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#producer.close();
    await this.#listening;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
