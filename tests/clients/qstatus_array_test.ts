import { assert } from "../deps.ts";
import { programTest } from "../support/programs.ts";
import { startServer } from "../support/process.ts";
import { bytes, connect } from "../support/wire.ts";

programTest("--qstatus=array answers QSTATUS on the wire as Go clients of okq read it", async () => {
  await using server = startServer("sqlite::memory:", ["--qstatus=array"]);
  await using client = await connect(await server.addr());
  const exchange = async (command: string, reply: string) => {
    await client.raw(bytes(command));
    assert.equal(await client.readRaw(reply.length), reply, command);
  };
  await exchange("*1\r\n$7\r\nQSTATUS\r\n", "*0\r\n");
  await exchange("*4\r\n$6\r\nQLPUSH\r\n$4\r\njobs\r\n$1\r\n1\r\n$5\r\nhello\r\n", "+OK\r\n");
  await exchange("*4\r\n$6\r\nQLPUSH\r\n$4\r\njobs\r\n$1\r\n2\r\n$5\r\nhello\r\n", "+OK\r\n");
  await exchange("*4\r\n$5\r\nQRPOP\r\n$4\r\njobs\r\n$2\r\nEX\r\n$2\r\n30\r\n", "*2\r\n$1\r\n1\r\n$5\r\nhello\r\n");
  await exchange("*2\r\n$9\r\nQREGISTER\r\n$4\r\njobs\r\n", "+OK\r\n");
  const row = "*4\r\n$4\r\njobs\r\n:2\r\n:1\r\n:1\r\n";
  await exchange("*1\r\n$7\r\nQSTATUS\r\n", `*1\r\n${row}`);
  const other = "*4\r\n$4\r\n\xff\x00\r\n\r\n:0\r\n:0\r\n:0\r\n";
  await exchange("*3\r\n$7\r\nQSTATUS\r\n$4\r\n\xff\x00\r\n\r\n$4\r\njobs\r\n", `*2\r\n${other}${row}`);
});
