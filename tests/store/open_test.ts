import { openStore } from "../../store/open.ts";
import { assert } from "../deps.ts";

const SETTINGS = {
  storeTimeoutMs: 1000,
  storeWaitReplicas: 0,
  storeWaitTimeoutMs: 100,
  maxClaimBytes: 1000,
  maxEventBytes: 1000,
};

Deno.test("openStore refuses parameters of a file", async () => {
  for (const store of ["sqlite:okq.db?mode=ro", "sqlite::memory:?cache=shared"]) {
    await assert.rejects(
      openStore({ ...SETTINGS, store }, { report: () => {} }),
      /^Error: Cannot use this --store: sqlite: takes a file without parameters$/,
    );
  }
});
