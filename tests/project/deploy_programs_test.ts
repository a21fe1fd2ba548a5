import { checksum, COMPILE_FLAGS, compileError, fileFor, TARGETS } from "../../deploy/release.ts";
import { assert } from "../deps.ts";
import { runProgram, startServer } from "../support/process.ts";
import { programTest } from "../support/programs.ts";
import { freePort } from "../support/redis_server.ts";
import { eventually } from "../support/eventually.ts";
import { readSource } from "../support/sources.ts";

/** The exit code of the health check. */
async function healthOf(port: number): Promise<number> {
  return (await runProgram([`127.0.0.1:${port}`], { main: "deploy/healthcheck.ts" })).code;
}

programTest("The health check reports whether okq replies, also where a password is required", async () => {
  assert.equal(await healthOf(freePort()), 1);
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = other.accept().then((connection) => connection.close());
  assert.equal(await healthOf(other.addr.port), 1);
  await accepted;
  for (const args of [[], ["--requirepass", "secret"]]) {
    await using server = startServer("sqlite::memory:", args);
    const { port } = await server.addr();
    await eventually(async () => assert.equal(await healthOf(port), 0)); // a busy okq may answer too late
  }
});

programTest("release refuses an unknown system", async () => {
  const { code, stdout } = await runProgram(["linux-x64", "solaris"], { main: "deploy/release.ts" });
  assert.equal(code, 2);
  assert.match(stdout, /^Cannot release "solaris": allowed are linux-x64, .*windows-x64, client\n$/);
});

Deno.test("release names executables by version and system, and explains a failed compilation", () => {
  assert.deepEqual([...Object.keys(TARGETS), "client"].map(fileFor).map((file) => file.replace(/\d+\.\d+\.\d+/, "V")), [
    "okq-V-linux-x64",
    "okq-V-linux-arm64",
    "okq-V-macos-x64",
    "okq-V-macos-arm64",
    "okq-V-windows-x64.exe",
    "okq-client-V.tgz",
  ]);
  // As Deno 2.9.6 says it.
  const url = "https://dl.deno.land/release/v2.9.6/denort-aarch64-apple-darwin.zip";
  const stderr = `error: Writing deno compile executable to temporary file '/okq.tmp'\n\nCaused by:\n` +
    `    0: Setting up base binary.\n    1: error sending request for url (${url}): client error (Connect)\n`;
  assert.match(
    compileError("macos-arm64", stderr),
    /could not download its runtime from https:\S+\.zip; run this .* set DENORT_BIN to the file in it$/,
  );
  assert.equal(compileError("linux-x64", "error: a bug\n"), "Compiling for linux-x64 failed: error: a bug");
});

Deno.test("release compiles with the flags of the task compile", async () => {
  const { tasks } = JSON.parse(await readSource("deno.json"));
  assert.equal(tasks.compile.command, `deno compile ${COMPILE_FLAGS.join(" ")} --output okq server.ts`);
});

Deno.test("release writes checksums as sha256sum does", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(checksum("okq", new TextEncoder().encode("abc")), `${abc}  okq\n`);
});
