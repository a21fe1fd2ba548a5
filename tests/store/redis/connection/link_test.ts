import { errorFromRedis } from "../../../../store/redis/connection/link.ts";
import { StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";

/** Undefined for an error that no client should see. */
function outcomeUnknown(message: string): boolean | undefined {
  const error = errorFromRedis(message);
  return error instanceof StoreUnavailable ? error.outcomeUnknown : undefined;
}

Deno.test("errorFromRedis takes the outcome as unknown if a script lacks a permission", () => {
  for (
    const message of [
      "ERR The user executing the script can't run this command or subcommand script: 0a1b, on @user_script:31.",
      "NOPERM ACL failure in script: User okq has no permissions to run the 'zadd' command",
    ]
  ) {
    assert.equal(outcomeUnknown(message), true, message);
  }
});

Deno.test("errorFromRedis knows that nothing was done if the call itself was refused", () => {
  assert.equal(outcomeUnknown("NOPERM User okq has no permissions to run the 'evalsha' command"), false);
  assert.equal(outcomeUnknown("TRYAGAIN Multiple keys request during rehashing of slot"), false);
  assert.equal(outcomeUnknown("ERR wrong number of arguments"), undefined);
});
