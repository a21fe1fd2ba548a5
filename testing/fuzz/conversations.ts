/**
 * Conversations of real clients, as they were seen on the wire, and of users; material for mutations.
 *
 * @module
 */
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { latin1 } from "../../tests/support/wire.ts";

function resp(queue: string, ...lines: string[]): string {
  const words = lines.map((line) => line.split(" ").map((word) => word === "%" ? queue : word));
  return words.map((command) => latin1(encodeCommand(command))).join("");
}

/** Whole conversations; `%` is where the name of a queue stands. */
const CONVERSATIONS: readonly ((queue: string) => string)[] = [
  // node-redis
  (q) =>
    resp(
      q,
      "HELLO 3",
      "CLIENT SETINFO LIB-NAME node-redis",
      "CLIENT SETINFO LIB-VER 6.3.1",
      "CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none",
      "QREGISTER %",
      "QNOTIFY 0.01",
    ),
  // ioredis
  (q) => resp(q, "INFO", "CLIENT SETINFO LIB-NAME ioredis", "QLPUSH % 1 hello", "QRPOP % EX 60", "QACK % 1", "QUIT"),
  // glide
  (q) => resp(q, "HELLO 3 SETNAME glide", "CLIENT SETINFO LIB-NAME GlideJS", "INFO REPLICATION", "QSTATS %"),
  // redis-cli
  (q) => resp(q, "HELLO 3", "COMMAND DOCS", "QSTATUS", "QINFO %") + "PING\r\n",
  (q) => resp(q, "COMMAND", "COMMAND COUNT", "COMMAND INFO QLPUSH QRPOP", "COMMAND LIST", "CONFIG GET *"),
  // redis-py, redis-rb, Predis
  (q) =>
    resp(
      q,
      "AUTH default secret",
      "CLIENT SETNAME worker-1",
      "SELECT 0",
      "CLIENT GETNAME",
      "CLIENT ID",
      "CLIENT INFO",
      "RESET",
    ),
  // phpredis
  (q) => resp(q, "SELECT 1", "READONLY", "ECHO hello", "QRPUSH % 2 urgent NOBLOCK", "QLPEEK %", "QRPEEK %", "QFLUSH %"),
  // telnet and nc
  (q) =>
    `PING\r\nQLPUSH ${q} 1 "hello \\"world\\" \\x00\\n"\r\nQRPOP ${q} EX 1.5 NOACK\r\n\r\n'QACK' '${q}' '1' redo\r\nQUIT\r\n`,
  // A pipeline, and what big events look like.
  (q) =>
    Array.from({ length: 30 }, (_, i) => resp(q, `QLPUSH % ${i} contents`)).join("") +
    Array.from({ length: 30 }, () => resp(q, "QRPOP %")).join("") +
    Array.from({ length: 30 }, (_, i) => resp(q, `QACK % ${i}`)).join(""),
  (q) => resp(q, `QLPUSH % 1 ${"x".repeat(70_000)}`, "QRPOP % NOACK"),
  // Those who are wrong here.
  () => "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00".repeat(64),
  () => "*1\r\n$536870912\r\n",
  () => "*65537\r\n",
  () => "*2\r\n$4\r\nECHO\r\n$16777217\r\n",
];

/** How many conversations there are. */
export const COUNT: number = CONVERSATIONS.length;

/** A conversation by its number. */
export function conversation(number: number, queue: string): string {
  return CONVERSATIONS[number](queue);
}

/** What protocols are made of, put in anywhere. */
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
