import { formatForTerminal, formatRaw } from "../../../client/cli/format_reply.ts";
import { ErrorReply, OK, type Reply } from "../../../resp/reply.ts";
import { assert } from "../../deps.ts";

const shown: [name: string, reply: Reply, terminal: string, raw: string][] = [
  ["a status", OK, "OK\n", "OK\n"],
  ["an error", new ErrorReply("ERR no\x1b[2J"), "(error) ERR no\\x1b[2J\n", "ERR no\x1b[2J\n"],
  ["an integer", 3, "(integer) 3\n", "3\n"],
  ["nil", null, "(nil)\n", "\n"],
  ["bytes", new Uint8Array([0x61, 0x22, 0x5c, 0x0a, 0x00]), '"a\\"\\\\\\n\\x00"\n', 'a"\\\n\0\n'],
  ["an empty array", [], "(empty array)\n", ""],
  ["a map", new Map<string, Reply>([["a", 1]]), '1) "a"\n2) (integer) 1\n', "a\n1\n"],
  [
    "a nested array",
    [["a", null], ...Array(8).fill(1), "z"],
    ' 1) 1) "a"\n    2) (nil)\n' + [2, 3, 4, 5, 6, 7, 8, 9].map((i) => ` ${i}) (integer) 1\n`).join("") + '10) "z"\n',
    "a\n\n" + "1\n".repeat(8) + "z\n",
  ],
];

for (const [name, reply, terminal, raw] of shown) {
  Deno.test(`formatForTerminal shows ${name} as redis-cli does`, () =>
    assert.equal(formatForTerminal(reply), terminal));
  Deno.test(`formatRaw shows ${name} as redis-cli does`, () => {
    assert.equal(new TextDecoder().decode(formatRaw(reply)), raw);
  });
}
