import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";

/** Inline commands and their first arguments. */
const QUOTED: Record<string, string> = {
  "ECHO hello": "hello",
  "  ECHO \t hello  ": "hello",
  'ECHO "hello world"': "hello world",
  "ECHO 'hello world'": "hello world",
  'ECHO ""': "",
  "ECHO ''": "",
  'ECHO "a\\"b\\\\c"': 'a"b\\c',
  "ECHO 'it\\'s'": "it's",
  "ECHO 'a\\nb'": "a\\nb",
  'ECHO "\\x00\\xff\\x7A"': "\x00\xffz",
  'ECHO "\\n\\r\\t\\b\\a"': "\n\r\t\b\x07",
};

await forEachStore((store) => {
  store.test("An inline command works as one in RESP", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.exchange(`QLPUSH ${queue} 1 hello\r\n`), "+OK");
    assert.equal(await client.exchange(`qlpush ${queue} 2 "hello world"\n`), "+OK");
    assert.deepEqual(await client.exchange(`QRPOP ${queue} EX 5\r\n`), ["1", "hello"]);
    assert.deepEqual(await client.exchange(`qrpop ${queue}\r\n`), ["2", "hello world"]);
    assert.equal(await client.exchange(`QACK ${queue} 1\r\n`), 1);
    assert.equal(await client.exchange(`QNOPE\r\n`), "-ERR unknown command 'QNOPE'");
    assert.equal(await client.exchange(`QLPUSH ${queue}\r\n`), "-ERR wrong number of arguments for 'qlpush' command");
  });

  store.test("An inline command reads quotes as Redis does", async (okq) => {
    const client = await okq.connect();
    for (const [line, message] of Object.entries(QUOTED)) {
      assert.equal(await client.exchange(`${line}\r\n`), message, line);
    }
  });

  store.test("An inline command may stand among others in RESP", async (okq) => {
    const client = await okq.connect();
    await client.raw("ECHO a\r\n*2\r\n$4\r\nECHO\r\n$1\r\nb\r\nECHO c\n*1\r\n$4\r\nPING\r\n");
    for (const reply of ["a", "b", "c", "+PONG"]) assert.equal(await client.shown(), reply);
  });

  store.test("An inline command may be 65,536 bytes long", async (okq) => {
    const client = await okq.connect();
    const message = "x".repeat(65_536 - "ECHO ".length);
    assert.equal(await client.exchange(`ECHO ${message}\r\n`), message);
  });
});
