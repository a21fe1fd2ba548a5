/**
 * Metadata of events: pairs of names and values, which okq keeps as lines `name: value`.
 *
 * @module
 */
import { Buffer } from "./deps.ts";

/**
 * Values by name: `{ tenant: "acme" }`, at most 4,096 bytes as lines `name: value`. Names contain no colon and no white
 * space, values no line break.
 */
export type Meta = Readonly<Record<string, string>>;

/** Limit of the server. */
export const MAX_META_BYTES = 4096;

const NAME = /^[^:\s]+$/;
const LINE_BREAK = /[\r\n]/;
/** White space after the colon is one space or none: others belong to the value. */
const LINE = /^([^:\s]+): ?(.*)$/s;

/**
 * Bytes are taken as they are. Undefined if there is nothing to send.
 *
 * @throws {TypeError} if a name or value cannot be written as a line
 */
export function metaArg(meta: Meta | Uint8Array | undefined): Buffer | undefined {
  if (meta instanceof Uint8Array) return Buffer.from(meta.buffer, meta.byteOffset, meta.byteLength);
  const lines = Object.entries(meta ?? {}).map(([name, value]) => {
    if (NAME.test(name) && typeof value === "string" && !LINE_BREAK.test(value)) return `${name}: ${value}`;
    throw new TypeError(`Cannot use ${JSON.stringify(name)}: ${JSON.stringify(value)} as a line of meta`);
  });
  return lines.length > 0 ? Buffer.from(lines.join("\n")) : undefined;
}

/** Lines of another form are passed over; of equal names the last counts. */
export function decodeMeta(bytes: Uint8Array | null): Meta {
  if (bytes === null) return {};
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return Object.fromEntries(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = LINE.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
}
