/**
 * Formats replies like redis-cli.
 *
 * @module
 */
import { ErrorReply, type Reply, Status } from "../../resp/reply.ts";
import { Buffer } from "../deps.ts";
import { escapeBytes } from "./console.ts";
import { formatTable } from "./table.ts";

const encoder = new TextEncoder();
const LINE_FEED = encoder.encode("\n");

export function formatReply(command: string, reply: Reply, isTerminal: boolean): Uint8Array | string {
  return isTerminal ? formatTable(command, reply) ?? formatForTerminal(reply) : formatRaw(reply);
}

/** For a terminal: shows types, and escapes bytes that could control it. Ends with a line feed. */
export function formatForTerminal(reply: Reply, indent = ""): string {
  if (reply === null) return "(nil)\n";
  if (reply instanceof Status) return `${escapeBytes(encoder.encode(reply.text))}\n`;
  if (reply instanceof ErrorReply) return `(error) ${escapeBytes(encoder.encode(reply.text))}\n`;
  if (typeof reply === "number") return `(integer) ${reply}\n`;
  if (typeof reply === "string") return `${quote(encoder.encode(reply))}\n`;
  if (reply instanceof Uint8Array) return `${quote(reply)}\n`;
  if (reply instanceof Map) reply = [...reply].flat();
  if (reply.length === 0) return "(empty array)\n";
  const width = `${reply.length}`.length;
  return reply.map((element, i) => {
    const number = `${`${i + 1}`.padStart(width)}) `;
    return (i === 0 ? "" : indent) + number + formatForTerminal(element, indent + " ".repeat(number.length));
  }).join("");
}

/** For pipes and files: raw bytes, array elements on lines of their own. Ends with a line feed. */
export function formatRaw(reply: Reply): Uint8Array {
  return Buffer.concat(elements(reply).flatMap((bytes) => [bytes, LINE_FEED]));
}

function quote(bytes: Uint8Array): string {
  return `"${escapeBytes(bytes, '"\\')}"`;
}

function elements(reply: Reply): Uint8Array[] {
  if (reply instanceof Uint8Array) return [reply];
  if (reply instanceof Map) return [...reply].flat().flatMap(elements);
  if (Array.isArray(reply)) return reply.flatMap(elements);
  if (reply instanceof Status || reply instanceof ErrorReply) return [encoder.encode(reply.text)];
  return [encoder.encode(reply === null ? "" : `${reply}`)];
}
