import {
  eventId,
  milliseconds,
  type OptionTable,
  queueName,
  readOptions,
  wholeNumber,
  word,
} from "../../../commands/shared/arguments.ts";
import { CommandError } from "../../../commands/shared/command.ts";
import { MAX_ID_BYTES, MAX_QUEUE_BYTES } from "../../../store/limits.ts";
import { assert } from "../../deps.ts";

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const table = { EX: milliseconds, NOACK: "flag" } satisfies OptionTable;
const options = (...words: string[]) => readOptions(["QRPOP", "jobs", ...words].map(bytes), 2, table);

for (const [text, expected] of [["30", 30_000], ["0", 0], ["0.0", 0], ["1.5", 1500], [".5", 500], ["2.", 2000]]) {
  Deno.test(`milliseconds reads ${text} seconds`, () => {
    assert.equal(milliseconds(bytes(`${text}`), "EX"), expected);
  });
}

Deno.test("milliseconds rounds no time above zero down to zero", () => {
  assert.equal(milliseconds(bytes("0.0000001"), "EX"), 1);
});

Deno.test("milliseconds reads the longest time exactly", () => {
  assert.equal(milliseconds(bytes("31536000000"), "EX"), 31_536_000_000_000);
});

const noTimes = ["", " ", " 1", "1 ", "-1", "-0", "+1", "NaN", "Infinity", "1e3", "0x10", "1,5", ".", "1.2.3", "１"];
for (const text of [...noTimes, "31536000001", "31536000000.1", "9".repeat(400), "1\n"]) {
  Deno.test(`milliseconds refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(() => milliseconds(bytes(text), "EX"), {
      name: "CommandError",
      message: "ERR value is not an integer or out of range 'EX'",
    });
  });
}

Deno.test("wholeNumber reads what Redis reads", () => {
  assert.deepEqual(["0", "7", "-7", "123456789012345"].map(bytes).map(wholeNumber), [0, 7, -7, 123456789012345]);
});

Deno.test("wholeNumber refuses anything else", () => {
  const texts = ["", "-", "-0", "01", "+1", "1.0", "1e3", "0x1", " 1", "9".repeat(400)];
  assert.deepEqual(texts.map(bytes).map(wholeNumber), texts.map(() => undefined));
});

Deno.test("word changes ASCII letters only", () => {
  assert.equal(word(bytes("no-Evict")), "NO-EVICT");
  assert.equal(word(new Uint8Array([0x61, 0xdf, 0xff])), "A\xdf\xff");
});

Deno.test("word is empty for what is longer than any word", () => {
  assert.equal(word(new Uint8Array(100_000)), "");
});

for (
  const [name, read, max] of [["queueName", queueName, MAX_QUEUE_BYTES], ["eventId", eventId, MAX_ID_BYTES]] as const
) {
  Deno.test(`${name} returns the very bytes within its bounds`, () => {
    for (const length of [1, max]) {
      const given = new Uint8Array(length).fill(0xff);
      assert.equal(read(given), given);
    }
  });

  Deno.test(`${name} refuses nothing and too much`, () => {
    for (const length of [0, max + 1]) assert.throws(() => read(new Uint8Array(length)), CommandError);
  });
}

Deno.test("readOptions returns nothing for no options", () => {
  assert.deepEqual(options(), {});
});

Deno.test("readOptions takes options in any order and case", () => {
  assert.deepEqual(options("EX", "5", "NOACK"), { EX: 5000, NOACK: true });
  assert.deepEqual(options("noack", "ex", "5"), { EX: 5000, NOACK: true });
});

Deno.test("readOptions takes a value that looks like an option as a value", () => {
  assert.throws(() => options("EX", "NOACK"), { message: "ERR value is not an integer or out of range 'EX'" });
});

const UNKNOWN = "the options are EX and NOACK";
const wrong: [words: string[], near: string, problem: string][] = [
  [["FOO"], "FOO", UNKNOWN],
  [["noack", "EXX", "5"], "EXX", UNKNOWN],
  [["EX"], "EX", "a value must follow"],
  [["NOACK", "ex"], "ex", "a value must follow"],
  [["NOACK", "NOACK"], "NOACK", "it is given twice"],
  [["EX", "1", "ex", "2"], "ex", "it is given twice"],
  [["EX", "1", "2"], "2", UNKNOWN],
  [[""], "", UNKNOWN],
  [["a\r\nb"], "a\\r\\nb", UNKNOWN],
  [["__proto__"], "__proto__", UNKNOWN],
  [["constructor"], "constructor", UNKNOWN],
];
for (const [words, near, problem] of wrong) {
  Deno.test(`readOptions refuses ${JSON.stringify(words)} with the option and what is allowed`, () => {
    const message = `ERR syntax error near '${near}': ${problem}`;
    assert.throws(() => options(...words), { name: "CommandError", message });
  });
}
