import * as exported from "../../../../store/redis/script/operations.ts";
import type { Operation } from "../../../../store/redis/script/operations.ts";
import { word } from "../../../../store/bytes.ts";
import { QUEUE_SOURCE } from "../../../../store/redis/script/queue_script.ts";
import { assert } from "../../../deps.ts";
import { redisTest } from "../../../support/programs.ts";
import { startRedis } from "../../../support/redis_server.ts";
import { connect } from "../../../support/wire.ts";

const OPERATIONS: [name: string, operation: Operation<never, unknown>][] = Object.entries(exported);

redisTest("The script has a function for each operation", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  for (const [constant, { name }] of OPERATIONS) {
    assert.equal(constant, word(name));
    assert.equal(await direct.command("EVAL", QUEUE_SOURCE, "0", name), 1, constant);
  }
});
