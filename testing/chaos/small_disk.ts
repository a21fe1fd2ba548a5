/**
 * A disk that can be filled: a small tmpfs where this process may mount one, else a limit on the size of files.
 *
 * @module
 */
import { onExit } from "../../tests/support/on_exit.ts";
import type { OkqProcess } from "../okq_process.ts";

/** A full disk has less free space than a push of the filler needs. */
const FREE_BYTES = 32 * 1024;

export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  /** okq must be started with it. */
  readonly wrapper: string[];
  fill(okq: OkqProcess): Promise<void>;
  makeRoom(okq: OkqProcess): Promise<void>;
}

export async function smallDisk(mib: number): Promise<SmallDisk> {
  const folder = await Deno.makeTempDir({ prefix: "okq_disk_" });
  if (await succeeds("mount", "-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", folder)) return mounted(folder);
  return limited(folder);
}

function mounted(folder: string): SmallDisk {
  const filler = `${folder}/filler`;
  const forget = onExit(() => {
    new Deno.Command("umount", { args: ["-l", folder] }).outputSync();
    Deno.removeSync(folder);
  });
  return {
    folder,
    wrapper: [],
    async fill() {
      using file = await Deno.open(filler, { create: true, write: true });
      const block = new Uint8Array(FREE_BYTES);
      let size = 0;
      try {
        while (true) size += await file.write(block);
      } catch {
        await file.truncate(Math.max(0, size - FREE_BYTES));
      }
    },
    makeRoom: () => Deno.remove(filler),
    async [Symbol.asyncDispose]() {
      forget();
      await succeeds("umount", "-l", folder);
      await Deno.remove(folder);
    },
  };
}

/** Sets the limit to the size of the largest file, and lifts it again. */
function limited(folder: string): SmallDisk {
  const limit = async (okq: OkqProcess, bytes: string) => {
    if (!await succeeds("prlimit", "--pid", `${okq.pid}`, `--fsize=${bytes}:`)) {
      throw new Error("Limiting the size of files failed: neither mount nor prlimit works here");
    }
  };
  const forget = onExit(() => Deno.removeSync(folder, { recursive: true }));
  return {
    folder,
    wrapper: ["sh", "-c", `trap '' XFSZ; exec "$@"`, "sh"], // without the trap the limit kills the process
    async fill(okq) {
      const sizes = Array.from(Deno.readDirSync(folder), ({ name }) => Deno.statSync(`${folder}/${name}`).size);
      await limit(okq, `${Math.max(FREE_BYTES, ...sizes)}`);
    },
    makeRoom: (okq) => limit(okq, "unlimited"),
    async [Symbol.asyncDispose]() {
      forget();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}
