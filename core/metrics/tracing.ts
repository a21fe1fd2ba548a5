/**
 * OpenTelemetry spans: one per command, one per store call. Deno exports them when started with OTEL_DENO=true.
 *
 * A store call serves many commands, so its span has no parent; its time shows which commands it belongs to.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { VERSION } from "../version.ts";

/** Span kinds of the OpenTelemetry API. */
const [SERVER, CLIENT] = [1, 2];
/** Its status code for an error. */
const ERROR = 2;

interface Tracer {
  startSpan(
    name: string,
    options: { kind: number; startTime: number; attributes: Record<string, string | number> },
  ): { setStatus(status: { code: number }): void; end(time: number): void };
}

export class Tracing {
  readonly #tracer: Tracer;

  private constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Undefined if Deno exports no spans. */
  static start(): Tracing | undefined {
    try {
      const tracer: Tracer = Deno.telemetry.tracerProvider.getTracer("okq", VERSION);
      // Throws if Deno exports nothing. okq may not read the environment variable itself.
      tracer.startSpan("start", { kind: 0, startTime: Date.now(), attributes: {} }).end(Date.now());
      return new Tracing(tracer);
    } catch {
      return;
    }
  }

  /** For a command that has just been answered. */
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

  /** For a store call that has just ended. */
  storeCall(operations: number, ms: number, failed: boolean): void {
    this.#span("store", CLIENT, ms, failed, { "messaging.batch.message_count": operations });
  }

  #span(name: string, kind: number, ms: number, failed: boolean, attributes: Record<string, string | number>): void {
    const now = Date.now();
    const span = this.#tracer.startSpan(name, { kind, startTime: now - ms, attributes });
    if (failed) span.setStatus({ code: ERROR });
    span.end(now);
  }
}
