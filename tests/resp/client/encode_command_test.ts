import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { assert } from "../../deps.ts";
import { latin1 } from "../../support/decoding.ts";

Deno.test("encodeCommand writes an array of bulk strings, with lengths in bytes", () => {
  const wire = latin1("*4\r\n$6\r\nQLPUSH\r\n$2\r\n\xc3\xa9\r\n$3\r\n\xff\r\n\r\n$0\r\n\r\n");
  assert.deepEqual(encodeCommand(["QLPUSH", "é", latin1("\xff\r\n"), ""]), wire);
});
