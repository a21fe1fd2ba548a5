import { Log } from "../../../core/log.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachStore } from "../../support/stores.ts";

await forEachStore((store) => {
  store.test("A NOBLOCK push into a full queue is logged as refused, and does not count as lost", async (okq) => {
    const lines: string[] = [];
    const server = await okq.serve({ log: new Log("warn", (line) => line.includes("NOBLOCK") && lines.push(line)) });
    const client = await okq.connect(server.addr);
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "max-length", "1");
    assert.equal(await client.command("QLPUSH", queue, "1", "contents", "NOBLOCK"), "+OK");
    assert.equal(await client.command("QLPUSH", queue, "2", "contents", "NOBLOCK"), "+OK");
    await eventually(() => lines.length > 0);
    assert.match(lines.join(""), new RegExp(`^\\S+ warn NOBLOCK push refused: queue full .*${queue}.*\\n$`));
    assert.equal(server.unfinished, false);
  });
});
