/**
 * A disk that can be full: a small file system where this process may mount one, else a limit to the size of files.
 *
 * @module
 */
import { onExit } from "../../tests/support/on_exit.ts";
import type { Okq } from "../okq_process.ts";

/** Room that is left when the disk is called full, in bytes: less than a push of the filler needs. */
const LEFT_BYTES = 32 * 1024;

/** A disk. */
export interface SmallDisk extends AsyncDisposable {
  /** Where it is. */
  readonly folder: string;
  /** What okq must be started with. */
  readonly wrapper: string[];
  /** Leaves hardly any room. */
  fill(okq: Okq): Promise<void>;
  /** Gives the room back. */
  makeRoom(okq: Okq): Promise<void>;
}

/** Makes a disk with so much room. */
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
      const block = new Uint8Array(LEFT_BYTES);
      let size = 0;
      try {
        while (true) size += await file.write(block);
      } catch {
        await file.truncate(Math.max(0, size - LEFT_BYTES));
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

/** The limit is set to what the largest file has, and lifted again. */
function limited(folder: string): SmallDisk {
  const limit = async (okq: Okq, bytes: string) => {
    if (!await succeeds("prlimit", "--pid", `${okq.pid}`, `--fsize=${bytes}:`)) {
      throw new Error("Limiting the size of files failed: neither mount nor prlimit works");
    }
  };
  const forget = onExit(() => Deno.removeSync(folder, { recursive: true }));
  return {
    folder,
    wrapper: ["sh", "-c", `trap '' XFSZ; exec "$@"`, "sh"], // else the limit kills instead of refusing
    async fill(okq) {
      const sizes = Array.from(Deno.readDirSync(folder), ({ name }) => Deno.statSync(`${folder}/${name}`).size);
      await limit(okq, `${Math.max(LEFT_BYTES, ...sizes)}`);
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
