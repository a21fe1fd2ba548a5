// okq as the message queue of a Fedify server (https://fedify.dev):
//
//   const federation = createFederation({ kv, queue: new OkqMessageQueue() });
//
// Messages with an ordering key are processed one at a time, in order, also those that fail and are tried again. To let a
// message die after ten attempts, send okq this once: QCONFIG SET fedify max-attempts 10
import { Admin, Consumer, json, Producer } from "../client/mod.ts"; // or its URL

/** Of an {@linkcode OkqMessageQueue}. */
export interface OkqMessageQueueOptions {
  /** Servers as `host:port`. Default: `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
  /** Name of the queue. Default: `fedify`. */
  queue?: string;
  /** Largest number of messages in processing, for each `listen`. Default: 10. */
  concurrency?: number;
}

interface EnqueueOptions {
  readonly delay?: Temporal.Duration;
  readonly orderingKey?: string;
}

/** Fedify's interface `MessageQueue`. */
export class OkqMessageQueue implements AsyncDisposable {
  /** okq delivers a message again whose handler fails. */
  readonly nativeRetrial = true;
  readonly #options: OkqMessageQueueOptions;
  readonly #queue: string;
  readonly #producer: Producer<unknown>;
  readonly #admin: Admin;

  constructor(options: OkqMessageQueueOptions = {}) {
    this.#options = options;
    this.#queue = options.queue ?? "fedify";
    this.#producer = new Producer({ addresses: options.addresses, codec: json() });
    this.#admin = new Admin({ addresses: options.addresses });
  }

  async enqueue(message: unknown, options?: EnqueueOptions): Promise<void> {
    await this.#producer.push(this.#queue, message, pushOptions(options));
  }

  /** All or none, up to 1,000 messages. */
  async enqueueMany(messages: readonly unknown[], options?: EnqueueOptions): Promise<void> {
    const atomic = messages.length <= 1000;
    await this.#producer.pushAll(this.#queue, messages, { ...pushOptions(options), atomic });
  }

  /** Resolves once the signal is aborted and the messages in processing are done. */
  async listen(
    // deno-lint-ignore no-explicit-any
    handler: (message: any) => Promise<void> | void,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const { addresses, concurrency = 10 } = this.#options;
    const consumer = new Consumer({ addresses, queues: this.#queue, codec: json(), concurrency, signal });
    await consumer.run((event) => handler(event.value));
  }

  /** How many messages wait. */
  async getDepth(): Promise<{ queued: number; ready: number; delayed: number }> {
    const [{ ready, delayed, blocked }] = await this.#admin.stats(this.#queue);
    return { queued: ready + delayed + blocked, ready, delayed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
    await this.#admin.close();
  }
}

function pushOptions({ delay, orderingKey }: EnqueueOptions = {}) {
  return { delayMs: delay?.total("milliseconds"), group: orderingKey };
}
