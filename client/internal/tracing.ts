/**
 * OpenTelemetry spans of pushes and handlers, by the semantic conventions for messaging. The line `traceparent` of an
 * event's meta carries the context of its push to the handler.
 *
 * Uses the API that Deno registers with OTEL_DENO, or in Node a program's own SDK; loads nothing.
 *
 * @module
 */
import type { QueuedEvent } from "../event.ts";
import { decodeMeta, MAX_META_BYTES, type Meta, metaArg } from "../meta.ts";
import type { Arg } from "./validate.ts";

/** Where implementations of the OpenTelemetry API 1.x register themselves. */
const API = Symbol.for("opentelemetry.js.api.1");
/** Key of the active span in a context. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
/** Span kinds. */
const [PRODUCER, CONSUMER] = [3, 4];
/** Status code. */
const ERROR = 2;
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

type Attributes = Record<string, string | number>;

interface SpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
  isRemote?: boolean;
}

export interface Span {
  spanContext(): SpanContext;
  setAttribute(name: string, value: string | number): void;
  setStatus(status: { code: number; message?: string }): void;
  end(): void;
}

interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface SpanOptions {
  kind: number;
  attributes: Attributes;
  links: { context: SpanContext }[];
  root?: boolean;
}

interface Tracer {
  startSpan(name: string, options: SpanOptions, context: Context): Span;
}

/** A push of events with this meta, in this span if there is one. */
export type Push<R> = (meta: Arg | undefined, span?: Span) => Promise<R>;

interface Api {
  trace?: { getTracer(name: string): Tracer };
  context?: { active(): Context; with<R>(context: Context, work: () => R): R };
}

export class Tracing {
  readonly #tracer: Tracer;
  readonly #context: NonNullable<Api["context"]>;

  private constructor(tracer: Tracer, context: NonNullable<Api["context"]>) {
    this.#tracer = tracer;
    this.#context = context;
  }

  /** Undefined if the program exports no spans. */
  static start(): Tracing | undefined {
    const { trace, context } = (globalThis as { [API]?: Api })[API] ?? {};
    return trace && context && new Tracing(trace.getTracer("okq"), context);
  }

  /**
   * Runs a push in a span.
   *
   * @param meta of the event; a `traceparent` in it is linked, and stays
   * @param push is called with the meta to send, and may add attributes to the span
   */
  push<R>(
    queue: string,
    attributes: Attributes,
    meta: Meta | Uint8Array | undefined,
    push: Push<R>,
  ): Promise<R> {
    const lines = meta instanceof Uint8Array ? decodeMeta(meta) : meta ?? {};
    const given = contextOf(lines);
    const span = this.#tracer.startSpan(`push ${queue}`, {
      kind: PRODUCER,
      attributes: { ...attributesOf("push", "send", queue), ...attributes },
      links: given ? [{ context: given }] : [],
    }, this.#context.active());
    return ended(span, () => {
      const traceparent = traceparentOf(span.spanContext());
      const mayAdd = traceparent && !(meta instanceof Uint8Array) && !("traceparent" in lines);
      const added = mayAdd ? metaArg({ ...lines, traceparent }) : undefined;
      return push(added && added.length <= MAX_META_BYTES ? added : metaArg(meta), span);
    });
  }

  /** Runs a handler in a span: a child of the push at the first delivery, else linked to it. */
  process({ queue, id, contents, attempt, meta }: QueuedEvent<unknown>, handle: () => unknown): Promise<unknown> {
    const pushed = contextOf(meta);
    const isChild = pushed !== undefined && attempt === 1;
    const active = this.#context.active();
    const span = this.#tracer.startSpan(
      `process ${queue}`,
      {
        kind: CONSUMER,
        attributes: {
          ...attributesOf("process", "process", queue),
          "messaging.message.id": id,
          "messaging.message.body.size": contents.length,
        },
        links: pushed && !isChild ? [{ context: pushed }] : [],
        root: !isChild,
      },
      isChild ? active.setValue(SPAN, { spanContext: () => pushed }) : active,
    );
    return ended(span, () => this.#context.with(active.setValue(SPAN, span), handle));
  }
}

function attributesOf(name: string, type: string, queue: string): Attributes {
  return {
    "messaging.system": "okq",
    "messaging.operation.name": name,
    "messaging.operation.type": type,
    "messaging.destination.name": queue,
  };
}

async function ended<R>(span: Span, work: () => R | Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    span.setAttribute("error.type", error instanceof Error ? error.name : "_OTHER");
    span.setStatus({ code: ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

function contextOf({ traceparent }: Meta): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  return traceId === undefined ? undefined : { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}

/** Undefined if the span is not valid: then nothing is exported. */
function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  return TRACEPARENT.test(traceparent) ? traceparent : undefined;
}
