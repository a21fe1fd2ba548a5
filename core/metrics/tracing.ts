/**
 * OpenTelemetry spans: one per command, one per store call. Deno exports them when started with OTEL_DENO=true.
 *
 * The span of a push is a child of the client's span that the line `traceparent` of META names. That of a claim serves
 * many events, so it links to the spans of their pushes.
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

/** Key of the active span in a context. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT =
  /^traceparent: ?(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\r?$/m;

const decoder = new TextDecoder("latin1");

interface SpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
  isRemote: true;
}

interface SpanOptions {
  kind: number;
  startTime: number;
  attributes: Record<string, string | number>;
  links?: { context: SpanContext }[];
}

interface Tracer {
  startSpan(
    name: string,
    options: SpanOptions,
    context?: unknown,
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
    { name, queue, ms, failed, client, pushedMeta = null, deliveredMeta = [] }: {
      name: string;
      queue: Uint8Array | undefined;
      ms: number;
      failed: boolean;
      client: string;
      pushedMeta?: Uint8Array | null;
      deliveredMeta?: readonly (Uint8Array | null)[];
    },
  ): void {
    const attributes = {
      "messaging.system": "okq",
      "messaging.operation.name": name,
      "client.address": client,
      ...(queue ? { "messaging.destination.name": printable(queue) } : {}),
    };
    const links = deliveredMeta.map(contextOf).filter((context) => context !== undefined);
    this.#span(name, SERVER, ms, failed, attributes, contextOf(pushedMeta), links);
  }

  /** For a store call that has just ended. */
  storeCall(operations: number, ms: number, failed: boolean): void {
    this.#span("store", CLIENT, ms, failed, { "messaging.batch.message_count": operations });
  }

  #span(
    name: string,
    kind: number,
    ms: number,
    failed: boolean,
    attributes: Record<string, string | number>,
    parent?: SpanContext,
    links: SpanContext[] = [],
  ): void {
    const now = Date.now();
    const options = { kind, startTime: now - ms, attributes, links: links.map((context) => ({ context })) };
    const context = parent && Deno.telemetry.contextManager.active().setValue(SPAN, { spanContext: () => parent });
    const span = this.#tracer.startSpan(name, options, context);
    if (failed) span.setStatus({ code: ERROR });
    span.end(now);
  }
}

/** That of the push, as the line `traceparent` of an event's META says. */
function contextOf(meta: Uint8Array | null): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(meta === null ? "" : decoder.decode(meta)) ?? [];
  return traceId === undefined ? undefined : { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}
