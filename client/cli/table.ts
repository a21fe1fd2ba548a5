/**
 * What QSTATUS, QINFO and QSTATS answer, as a table for people.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import { escaped } from "./format_reply.ts";

const COMMANDS = ["QSTATUS", "QINFO", "QSTATS"];
const FIGURES = ["queue", "total", "processing", "consumers"];
/** What QSTATS shows besides. */
const MORE = ["ready", "delayed", "oldest", "paused", "pushed", "acked", "redelivered", "dead", "expired"];
const LINE = /^(.*?)\s+total:\s*(\d+)\s+processing:\s*(\d+)\s+consumers:\s*(\d+)\s*$/s;

/** The table for a command's reply, each line with its line feed; undefined if it is none of these or has another form. */
export function tableOf(command: string, reply: Reply): string | undefined {
  if (!COMMANDS.includes(command.toUpperCase()) || !Array.isArray(reply)) return undefined;
  const rows = reply.map(cellsOf);
  if (rows.length === 0 || !rows.every((row) => row !== undefined)) return undefined;
  const headings = [...FIGURES, ...MORE].slice(0, Math.min(...rows.map((row) => row.length)));
  const lines = [headings, ...rows];
  const widths = headings.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  const pad = (cell: string, i: number) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
  return lines.map((cells) => `${cells.slice(0, headings.length).map(pad).join("  ")}\n`).join("");
}

function cellsOf(row: Reply): string[] | undefined {
  if (row instanceof Uint8Array) {
    const [, queue, ...figures] = LINE.exec(latin1(row)) ?? [];
    return queue === undefined ? undefined : [shown(queue), ...figures];
  }
  if (!Array.isArray(row) || row.length < FIGURES.length || !(row[0] instanceof Uint8Array)) return undefined;
  return [shown(latin1(row[0])), ...row.slice(1).map(String)];
}

/** One character for each byte. A TextDecoder for latin1 would read 0x80 to 0x9f as windows-1252. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** @param queue one character for each byte */
function shown(queue: string): string {
  return escaped(Uint8Array.from(queue, (character) => character.charCodeAt(0)));
}
