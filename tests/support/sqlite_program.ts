/** What `program` in `file.ts` starts. */
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";

const [what, path] = Deno.args;
const text = new TextEncoder();

function say(line: string): void {
  Deno.stdout.writeSync(text.encode(`${line}\n`));
}

/** Pushes without an end, ten events in a turn. */
async function push(): Promise<void> {
  const store = await openSqliteStore(path);
  for (let turn = 0;; turn++) {
    const ids = [...Array(10)].map((_, i) => `${turn}-${i}`);
    await Promise.all(ids.map(async (id) => {
      await store.push(text.encode("jobs"), text.encode(id), text.encode(id.repeat(100)), "left");
      say(id);
    }));
  }
}

try {
  if (what === "push") await push();
  const store = await openSqliteStore(path);
  await store.close();
  say("opened");
} catch (error) {
  say(error instanceof Error ? error.message : `${error}`);
}
