import { Producer, text } from "../../mod.ts";
import { assert } from "../deps.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { readSource, ROOT } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";

interface Ran {
  code: number;
  output: string;
}

async function run(program: string, args: string[], cwd: string | URL = ROOT): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null" }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) || decoder.decode(stderr) };
}

async function has(program: string, ...args: string[]): Promise<boolean> {
  return await run(program, args).then(({ code }) => code === 0, () => false);
}

const hasOpenssl = await has("openssl", "version");
const hasRedisCli = await has("redis-cli", "--tls", "--version");

if (!hasOpenssl) {
  Deno.test({
    name: "The certificate of docs/security.md (skipped: no openssl on this machine)",
    ignore: true,
    fn() {},
  });
} else {
  programTest("All clients take the certificate that docs/security.md makes, also under deno task cli", async () => {
    await withFolder(async (folder) => {
      const command = (await readSource("docs/security.md")).match(/^openssl req -x509[^]*?-out okq\.pem$/m)![0];
      const made = await run("sh", ["-c", command], folder);
      assert.equal(made.code, 0, made.output);
      const pem = `${folder}/okq.pem`;
      const server = await serveForTest("sqlite::memory:", {
        listenAddr: null,
        tlsListenAddr: { hostname: "127.0.0.1", port: 0 },
        tlsCert: pem,
        tlsKey: `${folder}/okq.key`,
      });
      try {
        const { port } = server.tlsAddr!;
        for (const host of ["localhost", "127.0.0.1"]) {
          const to = ["-h", host, "-p", `${port}`, "--cacert", pem, "PING"];
          assert.deepEqual(await run(Deno.execPath(), ["task", "-q", "cli", ...to]), { code: 0, output: "PONG\n" });
          if (hasRedisCli) assert.deepEqual(await run("redis-cli", ["--tls", ...to]), { code: 0, output: "PONG\n" });
          const tls = { caCerts: [await Deno.readTextFile(pem)] };
          await using producer = new Producer({ addresses: `${host}:${port}`, tls, codec: text });
          assert.equal(await producer.push("q", "x", { id: host }), host);
        }
      } finally {
        await server.close();
      }
    });
  });
}
