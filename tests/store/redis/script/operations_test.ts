import * as exported from "../../../../store/redis/script/operations.ts";
import type { Operation } from "../../../../store/redis/script/operations.ts";
import { QUEUE_SOURCE } from "../../../../store/redis/script/queue_script.ts";
import { assert } from "../../../deps.ts";
import { redisTest } from "../../../support/programs.ts";
import { startRedis } from "../../../support/redis_server.ts";
import { connect } from "../../../support/wire.ts";

const OPERATIONS: [name: string, operation: Operation<never, unknown>][] = Object.entries(exported);

redisTest("The script has the operations of operations.ts, and a function for each", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const inLua = await direct.command("EVAL", QUEUE_SOURCE, "0");
  const inTypeScript = OPERATIONS.toSorted(([, one], [, other]) => one.code - other.code)
    .map(([name, { code, args }]) => [code, name.toLowerCase(), args, 1]);
  assert.deepEqual(inLua, inTypeScript);
  // The script finds the row of an operation by its code.
  assert.deepEqual(inTypeScript.map(([code]) => code), inTypeScript.map((_, i) => i + 1));
});
