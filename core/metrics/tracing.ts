/**
 * Spans of OpenTelemetry, which Deno exports by itself when it is started with OTEL_DENO=true: one for each command, one
 * for each call of the store. A call serves many commands, so that none of them is its parent; times tell them together.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { VERSION } from "../version.ts";

/** As in the API of OpenTelemetry. */
const [SERVER, CLIENT] = [1, 2];
/** Likewise, of a span's status. */
const ERROR = 2;

/** As much of a tracer of OpenTelemetry as is used. */
interface Tracer {
  startSpan(
    name: string,
    options: { kind: number; startTime: number; attributes: Record<string, string | number> },
  ): { setStatus(status: { code: number }): void; end(time: number): void };
}

/** Makes spans of what is over. */
export class Tracing {
  readonly #tracer: Tracer;

  private constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Undefined if Deno exports nothing. */
  static start(): Tracing | undefined {
    try {
      const tracer: Tracer = Deno.telemetry.tracerProvider.getTracer("okq", VERSION);
      // Deno says whether it exports by throwing or not; okq may not read its environment.
      tracer.startSpan("okq starts", { kind: 0, startTime: Date.now(), attributes: {} }).end(Date.now());
      return new Tracing(tracer);
    } catch {
      return;
    }
  }

  /** A command was answered just now. */
  command(
    { name, queue, ms, failed, client }: {
      name: string;
      queue: Uint8Array | undefined;
      ms: number;
      failed: boolean;
      client: string;
    },
  ): void {
    this.#span(name, SERVER, ms, failed, {
      "messaging.system": "okq",
      "messaging.operation.name": name,
      "client.address": client,
      ...(queue ? { "messaging.destination.name": printable(queue) } : {}),
    });
  }

  /** The store did a batch, or could not. */
  batch(operations: number, ms: number, failed: boolean): void {
    this.#span("store", CLIENT, ms, failed, { "messaging.batch.message_count": operations });
  }

  #span(name: string, kind: number, ms: number, failed: boolean, attributes: Record<string, string | number>): void {
    const now = Date.now();
    const span = this.#tracer.startSpan(name, { kind, startTime: now - ms, attributes });
    if (failed) span.setStatus({ code: ERROR });
    span.end(now);
  }
}
