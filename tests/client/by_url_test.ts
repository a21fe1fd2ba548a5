import { assert } from "../deps.ts";
import { Program } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { ROOT } from "../support/sources.ts";

programTest("Producer and Consumer work by URL under --allow-net alone", async () => {
  await using files = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    const type = pathname.endsWith(".ts") ? "application/typescript" : "text/plain";
    return new Response(await Deno.readTextFile(new URL(`.${pathname}`, ROOT)), { headers: { "content-type": type } });
  });
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
    const permissions = ["--allow-net", `--allow-import=${host}`, `--reload=http://${host}`];
    await using program = new Program([], { main: "main.ts", cwd: folder, permissions });
    const { code, stdout, stderr } = await program.ended;
    assert.deepEqual([code, stdout], [0, "world\n"], stderr);
  });
});
