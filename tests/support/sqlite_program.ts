/** The program that `program` in `sqlite_file.ts` starts. */
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";

const [task, path] = Deno.args;
const text = new TextEncoder();

function print(line: string): void {
  Deno.stdout.writeSync(text.encode(`${line}\n`));
}

/** Pushes for ever, ten events at a time. */
async function push(): Promise<void> {
  const store = await openSqliteStore(path);
  for (let round = 0;; round++) {
    const ids = [...Array(10)].map((_, i) => `${round}-${i}`);
    await Promise.all(ids.map(async (id) => {
      await store.push(text.encode("jobs"), text.encode(id), text.encode(id.repeat(100)), "left");
      print(id);
    }));
  }
}

try {
  if (task === "push") await push();
  const store = await openSqliteStore(path);
  await store.close();
  print("opened");
} catch (error) {
  print(error instanceof Error ? error.message : `${error}`);
}
