/**
 * Reads OpenTelemetry spans that a Deno program writes.
 *
 * @module
 */

/** Environment variables that have a Deno program write its spans, and nothing else of OpenTelemetry, to standard error. */
export const TELEMETRY = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console", OTEL_DENO_CONSOLE: "ignore" };

/** A span. */
export interface Span {
  name: string;
  trace: string;
  id: string;
  /** As Deno writes it: `Producer`. */
  kind: string;
  /** The parent's id. */
  parent: string | undefined;
  status: string | undefined;
  attributes: Record<string, string>;
  /** As `trace/span`. */
  links: string[];
}

/** The spans in standard error, in the order in which they ended. */
export function spansOf(stderr: string): Span[] {
  return Array.from(stderr.matchAll(/^SPAN (.*) \[(\w+)\/(\w+)\] (\w+) .*\n((?: .*\n)*)/gm), (match) => {
    const [, name, trace, id, kind, text] = match;
    const fields = Array.from(text.matchAll(/^ {2}([\w.]+): (.+)$/gm), ([, name, value]) => [name, value]);
    const { parent, status, scope: _, ...attributes } = Object.fromEntries(fields);
    const links = Array.from(text.matchAll(/^ {4}- (\w+\/\w+)/gm), ([, link]) => link);
    return { name, trace, id, kind, parent, status, attributes, links };
  });
}
