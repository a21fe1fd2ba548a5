/**
 * Conversations of real clients and other input: material for mutations.
 *
 * @module
 */
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { latin1 } from "../../tests/support/wire.ts";

/** A command per line; words are separated by single spaces. */
const resp = (lines: string) =>
  lines.trim().split("\n").map((line) => latin1(encodeCommand(line.trim().split(" ")))).join("");
const repeat = (line: (i: number) => string) => resp(Array.from({ length: 30 }, (_, i) => line(i)).join("\n"));

/** About the queue `q`. */
const CONVERSATIONS: readonly ((q: string) => string)[] = [
  // node-redis
  (q) =>
    resp(`HELLO 3
      CLIENT SETINFO LIB-NAME node-redis
      CLIENT SETINFO LIB-VER 6.3.1
      CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none
      QREGISTER ${q}
      QNOTIFY 0.01`),
  // ioredis
  (q) => resp(`INFO\nCLIENT SETINFO LIB-NAME ioredis\nQLPUSH ${q} 1 hello\nQRPOP ${q} EX 60\nQACK ${q} 1\nQUIT`),
  // glide
  (q) => resp(`HELLO 3 SETNAME glide\nCLIENT SETINFO LIB-NAME GlideJS\nINFO REPLICATION\nQSTATS ${q}`),
  // redis-cli
  (q) => resp(`HELLO 3\nCOMMAND DOCS\nQSTATUS\nQINFO ${q}`) + "PING\r\n",
  () => resp("COMMAND\nCOMMAND COUNT\nCOMMAND INFO QLPUSH QRPOP\nCOMMAND LIST\nCONFIG GET *"),
  // redis-py, redis-rb, Predis
  () => resp("AUTH default secret\nCLIENT SETNAME worker-1\nSELECT 0\nCLIENT GETNAME\nCLIENT ID\nCLIENT INFO\nRESET"),
  // phpredis
  (q) => resp(`SELECT 1\nREADONLY\nECHO hello\nQRPUSH ${q} 2 urgent NOBLOCK\nQLPEEK ${q}\nQRPEEK ${q}\nQFLUSH ${q}`),
  // telnet and nc
  (q) =>
    `PING\r\nQLPUSH ${q} 1 "hello \\"world\\" \\x00\\n"\r\nQRPOP ${q} EX 1.5 NOACK\r\n\r\n'QACK' '${q}' '1' redo\r\nQUIT\r\n`,
  // a pipeline, and a large event
  (q) => repeat((i) => `QLPUSH ${q} ${i} contents`) + repeat(() => `QRPOP ${q}`) + repeat((i) => `QACK ${q} ${i}`),
  (q) => resp(`QLPUSH ${q} 1 ${"x".repeat(70_000)}\nQRPOP ${q} NOACK`),
  // other protocols, and announcements beyond the limits
  () => "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00".repeat(64),
  () => "*1\r\n$536870912\r\n",
  () => "*65537\r\n",
  () => "*2\r\n$4\r\nECHO\r\n$16777217\r\n",
];

export const COUNT: number = CONVERSATIONS.length;

export function conversation(number: number, queue: string): string {
  return CONVERSATIONS[number](queue);
}

/** Fragments of the protocol that mutations insert. */
export const TOKENS: readonly string[] = [
  ...["\r\n", "\n", "\r", "\0", " ", '"', "'", "\\x", "*", "$", "%", "-1", "0", "1", "99999999999999999999", "+", ":"],
  ...["*0\r\n", "*-1\r\n", "$-1\r\n", "$0\r\n\r\n", "*1\r\n", "*3\r\n$4\r\n", "$512\r\n", "*1\r\n$4\r\nPING\r\n"],
  ...[
    "QNOTIFY 1000\r\n",
    "QREGISTER a b c\r\n",
    "HELLO 3\r\n",
    "HELLO 2\r\n",
    "RESET\r\n",
    "QUIT\r\n",
    "CLIENT LIST\r\n",
  ],
];
