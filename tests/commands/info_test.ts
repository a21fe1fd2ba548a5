import { assert } from "../deps.ts";
import { VERSION } from "../../core/version.ts";
import { forEachStore } from "../support/stores.ts";

await forEachStore((store) => {
  for (const section of [[], ["all"], ["EVERYTHING"], ["default"]]) {
    store.test(`INFO ${section} shows what clients look for, in lines of CRLF`.replace("  ", " "), async (okq) => {
      const client = await okq.connect();
      const text = await client.command("INFO", ...section) as string;
      const lines = text.split("\r\n");
      for (const line of ["redis_version:7.2.0", `okq_version:${VERSION}`, "role:master", "loading:0"]) {
        assert.ok(lines.includes(line), line);
      }
      assert.ok(lines.every((line) => /^$|^# \w+$|^[a-z_0-9]+:[^\r\n]*$/.test(line)), text);
      assert.equal(lines.at(-1), "");
    });
  }

  store.test("INFO returns the requested section, in any case", async (okq) => {
    const client = await okq.connect();
    for (const section of ["replication", "REPLICATION"]) {
      const text = await client.command("INFO", section) as string;
      assert.match(text, /^# Replication\r\nrole:master\r\n/);
      assert.doesNotMatch(text, /redis_version/);
    }
    assert.match(`${await client.command("INFO", "server")}`, /\r\nredis_version:7\.2\.0\r\n/);
    assert.equal(await client.command("INFO", "nope"), "");
  });

  store.test("INFO counts commands and errors of clients", async (okq) => {
    const client = await okq.connect();
    const fields = async (section: string) => {
      const lines = (await client.command("INFO", section) as string).split("\r\n");
      return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
    };
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "x");
    await client.command("QLPUSH", queue, "1", "x");
    await client.command("QLPUSH", queue);
    await client.command("PING");
    await client.command("NOPE");
    const stats = await fields("stats");
    assert.equal(stats.get("total_connections_received"), "1");
    assert.equal(stats.get("total_commands_processed"), "3");
    assert.equal(stats.get("total_error_replies"), "3");
    assert.equal(stats.get("rejected_connections"), "0");
    assert.match(stats.get("instantaneous_ops_per_sec")!, /^\d+$/);
    assert.ok(Number(stats.get("total_net_input_bytes")) > 100 && Number(stats.get("total_net_output_bytes")) > 10);
    const commands = await fields("commandstats");
    // The exact format that redis_exporter expects.
    const form = /^calls=(\d+),usec=(\d+),usec_per_call=(\d+\.\d+),rejected_calls=(\d+),failed_calls=(\d+)$/;
    const [, calls, usec, , rejected, failed] = form.exec(commands.get("cmdstat_qlpush")!)!;
    assert.deepEqual([calls, rejected, failed], ["2", "1", "1"]);
    assert.ok(Number(usec) > 0);
    assert.match(commands.get("cmdstat_ping")!, /^calls=1,usec=0,/);
    assert.equal(commands.get("cmdstat_qrpop"), undefined);
    assert.match((await fields("cpu")).get("used_cpu_user")!, /^\d+\.\d+$/);
    assert.match((await fields("memory")).get("used_memory_human")!, /^\d+\.\d\dM$/);
  });

  store.test("INFO returns commands and queues only on request", async (okq) => {
    const client = await okq.connect();
    const queue = `${okq.queue()},=\r\n`;
    await client.command("QLPUSH", queue, "1", "x");
    const sections = async (...asked: string[]) =>
      [...(await client.command("INFO", ...asked) as string).matchAll(/^# (\w+)/gm)].map(([, name]) => name);
    const usual = ["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Cluster"];
    assert.deepEqual(await sections(), usual);
    assert.deepEqual(await sections("default"), usual);
    const all = [...usual.slice(0, -1), "Commandstats", "Cluster", "Queues"];
    assert.deepEqual(await sections("all"), all);
    assert.deepEqual(await sections("default", "queues"), [...usual, "Queues"]);
    const shown = (await client.command("INFO", "queues") as string).split("\r\n");
    assert.match(shown[1], /^queues:\d+$/);
    const name = queue.replace(",=\r\n", "\\x2c\\x3d\\r\\n");
    const line = shown.find((line) => line.includes(`name=${name},`))!;
    assert.match(
      line,
      /^queue\d+:name=[^,]+,total=1,ready=1,processing=0,delayed=0,blocked=0,consumers=0,oldest_age=\d+\.\d+$/,
    );
  });
});
