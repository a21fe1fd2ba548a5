import { assert } from "../deps.ts";
import { serveFiles } from "../support/file_server.ts";
import { Program, type ProgramOptions } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { connect } from "../support/wire.ts";

/** Runs a program from the file server with network access only, in a folder without configuration. */
function runByUrl(host: string, folder: string, options: ProgramOptions, args: string[] = []): Program {
  const permissions = ["--allow-net", `--allow-import=${host}`, `--reload=http://${host}`];
  return new Program(args, { ...options, cwd: folder, permissions });
}

redisTest("The server runs by URL", async () => {
  await using redis = await startRedis();
  await using files = serveFiles();
  await withFolder(async (folder) => {
    const host = `127.0.0.1:${files.addr.port}`;
    const args = ["--listen-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--store", redis.url];
    await using server = runByUrl(host, folder, { main: `http://${host}/server.ts` }, args);
    await using client = await connect(await server.addr());
    assert.equal(await client.command("QLPUSH", "q", "id", "contents"), "+OK");
    assert.deepEqual(await client.command("QRPOP", "q"), ["id", "contents"]);
    const [, page] = await server.line(/^listening on (http:.+)$/);
    for (const file of ["", "page/app.js", "page/preact.js", "page/uplot.css"]) {
      assert.ok((await (await fetch(page + file)).text()).length > 500, file);
    }
  });
});

programTest("mod.ts works as a library by URL", async () => {
  await using files = serveFiles();
  await withFolder(async (folder) => {
    const host = `127.0.0.1:${files.addr.port}`;
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { serve } from "http://${host}/mod.ts";
       const server = await serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store: "sqlite::memory:" });
       const connection = await Deno.connect(server.addr);
       await connection.write(new TextEncoder().encode("QLPUSH q id contents\\r\\nQUIT\\r\\n"));
       console.log(await new Response(connection.readable).text());
       await server.close();
      `,
    );
    await using program = runByUrl(host, folder, { main: "main.ts" });
    const { code, stdout, stderr } = await program.ended;
    assert.deepEqual([code, stdout], [0, "+OK\r\n+OK\r\n\n"], stderr);
  });
});

programTest("Producer and Consumer work by URL of mod.ts", async () => {
  await using files = serveFiles();
  await withFolder(async (folder) => {
    const host = `127.0.0.1:${files.addr.port}`;
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { Consumer, json, Producer, serve } from "http://${host}/mod.ts";
       const server = await serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store: "sqlite::memory:" });
       const addresses = "127.0.0.1:" + server.addr.port;
       await using producer = new Producer({ addresses, codec: json<{ hello: string }>() });
       await producer.push("q", { hello: "world" });
       await using consumer = new Consumer({ addresses, queues: "q", codec: json<{ hello: string }>() });
       await consumer.run((event) => {
         console.log(event.value.hello);
         consumer.drain();
       });
       await server.close();
      `,
    );
    await using program = runByUrl(host, folder, { main: "main.ts" });
    const { code, stdout, stderr } = await program.ended;
    assert.deepEqual([code, stdout], [0, "world\n"], stderr);
  });
});
