/**
 * Replies as redis-cli shows them.
 *
 * @module
 */
import { ErrorReply, type Reply, Status } from "../../resp/reply.ts";

const encoder = new TextEncoder();

/** For a terminal: types can be told apart, and no byte of a reply reaches the terminal unquoted. Ends with a line feed. */
export function forPeople(reply: Reply, indent = ""): string {
  if (reply === null) return "(nil)\n";
  if (reply instanceof Status) return `${escaped(encoder.encode(reply.text))}\n`;
  if (reply instanceof ErrorReply) return `(error) ${escaped(encoder.encode(reply.text))}\n`;
  if (typeof reply === "number") return `(integer) ${reply}\n`;
  if (typeof reply === "string") return `${quoted(encoder.encode(reply))}\n`;
  if (reply instanceof Uint8Array) return `${quoted(reply)}\n`;
  if (reply instanceof Map) reply = [...reply].flat();
  if (reply.length === 0) return "(empty array)\n";
  const width = `${reply.length}`.length;
  return reply.map((element, i) => {
    const number = `${`${i + 1}`.padStart(width)}) `;
    return (i === 0 ? "" : indent) + number + forPeople(element, indent + " ".repeat(number.length));
  }).join("");
}

/** For pipes and files: the bytes themselves, each element of an array on a line of its own. Ends with a line feed. */
export function forPrograms(reply: Reply): Uint8Array {
  const parts = rawParts(reply);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length + 1, 0)).fill(0x0a);
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length + 1;
  }
  return bytes;
}

function rawParts(reply: Reply): Uint8Array[] {
  if (reply instanceof Uint8Array) return [reply];
  if (reply instanceof Map) return [...reply].flat().flatMap(rawParts);
  if (Array.isArray(reply)) return reply.flatMap(rawParts);
  if (reply instanceof Status || reply instanceof ErrorReply) return [encoder.encode(reply.text)];
  return [encoder.encode(reply === null ? "" : `${reply}`)];
}

function quoted(bytes: Uint8Array): string {
  return `"${escaped(bytes, '"\\')}"`;
}

/** Printable ASCII as it is, except for the characters `special`; everything else escaped. */
export function escaped(bytes: Uint8Array, special = ""): string {
  const short: Record<number, string> = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 13: "\\r" };
  return Array.from(bytes, (byte) => {
    if (byte < 0x20 || byte > 0x7e) return short[byte] ?? `\\x${byte.toString(16).padStart(2, "0")}`;
    const character = String.fromCharCode(byte);
    return special.includes(character) ? `\\${character}` : character;
  }).join("");
}
