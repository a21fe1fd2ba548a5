/**
 * Formats replies to QSTATUS, QINFO and QSTATS as tables.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import { escapeBytes } from "./console.ts";

const COMMANDS = ["QSTATUS", "QINFO", "QSTATS"];
const COLUMNS = ["queue", "total", "processing", "consumers"];
/** Further columns of QSTATS. */
const STATS_COLUMNS = "ready delayed oldest paused pushed acked redelivered dead expired blocked limited".split(" ");
const LINE = /^(.*?)\s+total:\s*(\d+)\s+processing:\s*(\d+)\s+consumers:\s*(\d+)\s*$/s;

/** Undefined for replies of other commands and of another form. */
export function formatTable(command: string, reply: Reply): string | undefined {
  if (!COMMANDS.includes(command.toUpperCase()) || !Array.isArray(reply)) return undefined;
  const rows = reply.map(readRow);
  if (rows.length === 0 || !rows.every((row) => row !== undefined)) return undefined;
  const headings = [...COLUMNS, ...STATS_COLUMNS].slice(0, Math.min(...rows.map((row) => row.length)));
  const lines = [headings, ...rows];
  const widths = headings.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  const pad = (cell: string, i: number) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
  return lines.map((cells) => `${cells.slice(0, headings.length).map(pad).join("  ")}\n`).join("");
}

function readRow(row: Reply): string[] | undefined {
  if (row instanceof Uint8Array) {
    // One character a byte. A TextDecoder for latin1 would read 0x80 to 0x9f as windows-1252.
    const line = Array.from(row, (byte) => String.fromCharCode(byte)).join("");
    const [, queue, ...numbers] = LINE.exec(line) ?? [];
    return queue === undefined ? undefined : [escapeBytes(row.subarray(0, queue.length)), ...numbers];
  }
  if (!Array.isArray(row) || row.length < COLUMNS.length || !(row[0] instanceof Uint8Array)) return undefined;
  return [escapeBytes(row[0]), ...row.slice(1).map(String)];
}
