/** The embedded store, in memory and in a file. */
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { storeContract } from "../contract/contract.ts";

storeContract("SQLite in memory", () => openSqliteStore(":memory:"));

storeContract("SQLite in a file", async () => {
  const folder = await Deno.makeTempDir();
  const store = await openSqliteStore(`${folder}/okq.db`);
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // gone: it was closed before
  };
  return store;
});
