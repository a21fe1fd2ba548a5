import { countUpTo } from "../../core/arguments.ts";
import {
  flag,
  glob,
  oneOf,
  PATH_PARAMETERS,
  percentDecode,
  percentEncode,
  readQuery,
  required,
  seconds,
  secondsAboveZero,
  wholeNumber,
} from "../../http/parameters.ts";
import { assert, fc } from "../deps.ts";

const COUNT = { read: countUpTo(10), required: false as const, schema: {}, description: "" };
const PARAMETERS = {
  id: required(PATH_PARAMETERS.id),
  delay: seconds("The delay"),
  ttl: secondsAboveZero("The time to live"),
  side: oneOf(["left", "right"], "The side"),
  dead: flag("Dead"),
  from: wholeNumber(1, 5, "The start"),
  count: COUNT,
  match: glob("ids", 1024),
};

Deno.test("readQuery reads the parameters that are given", () => {
  const values = readQuery("id=%00%ff+a&delay=1.5&ttl=.1&side=right&dead=true&from=5&count=99&match=a*", PARAMETERS);
  const { match, ...rest } = values;
  assert.deepEqual(rest, {
    id: Uint8Array.of(0, 255, 43, 97),
    delay: 1500,
    ttl: 100,
    side: "right",
    dead: true,
    from: 5,
    count: 10,
  });
  assert.equal(match!.matches("abc"), true);
  assert.deepEqual(readQuery("", {}), {});
  assert.deepEqual(readQuery("id=a=b", PARAMETERS).id, new TextEncoder().encode("a=b"));
});

const REFUSED: [query: string, error: string][] = [
  ["", "parameter 'id' is missing"],
  ["delay=1", "parameter 'id' is missing"],
  ["id=1&id=2", "parameter 'id' is given twice"],
  ["id=1&Delay=1", "unknown parameter 'Delay': the parameters are id, delay, ttl, side, dead, from, count and match"],
  ["id=1&toString=1", /^unknown parameter 'toString'/.source],
  ["id=1&&", "unknown parameter ''"],
  ["id", "ERR event id must be 1 to 1024 bytes long"],
  ["id=%4", "a percent sign must be followed by two hexadecimal digits: write %25 for the sign itself"],
  ["id=1&delay=-1", "ERR value is not an integer or out of range 'delay'"],
  ["id=1&delay=1e3", "ERR value is not an integer or out of range 'delay'"],
  ["id=1&ttl=0", "ERR value is not an integer or out of range 'ttl'"],
  ["id=1&side=up", "ERR side must be left or right"],
  ["id=1&dead=1", "ERR dead must be true or false"],
  ["id=1&from=0", "ERR value is not an integer or out of range 'from'"],
  ["id=1&from=6", "ERR value is not an integer or out of range 'from'"],
  ["id=1&count=0", "ERR value is not an integer or out of range 'count'"],
];

for (const [query, error] of REFUSED) {
  Deno.test(`readQuery refuses ${JSON.stringify(query)}`, () => {
    assert.throws(() => readQuery(query, PARAMETERS), ({ message }: Error) => {
      if (error.startsWith("^")) assert.match(message, new RegExp(error));
      else assert.ok(message.startsWith(error), message);
      return true;
    });
  });
}

Deno.test("readQuery names no parameters where there are none", () => {
  assert.throws(() => readQuery("x=1", {}), { message: "unknown parameter 'x': there are none here" });
});

Deno.test("percentDecode reads what percentEncode and encodeURIComponent write, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const encoded = percentEncode(bytes);
    assert.match(encoded, /^[!-~]*$/);
    assert.deepEqual(percentDecode(encoded), Uint8Array.from(bytes));
  }));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.deepEqual(percentDecode(encodeURIComponent(text)), new TextEncoder().encode(text));
  }));
});

for (const text of ["%", "a%", "%1", "%g0", "%0g", "%%30", "%-1"]) {
  Deno.test(`percentDecode refuses ${text}`, () => {
    assert.throws(() => percentDecode(text), { name: "HttpError", status: 400 });
  });
}
