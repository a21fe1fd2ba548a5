/**
 * In no scenario may an event be lost after `OK`, or delivered after QACK returned 1: `appendfsync always` has both on
 * disk before the reply, `--store-wait-replicas 1` in a replica. Asynchronous replication without it and `appendfsync
 * everysec` guarantee neither, so no scenario uses them.
 *
 * `--store-wait-replicas` covers a master that dies. A master that Sentinels depose while it lives may keep all replicas
 * but the promoted one, and these confirm writes that will be discarded. Until okq learns of the new master, within a
 * second, only waiting for all replicas would prevent that.
 *
 * @module
 */
import type { Scenario } from "../scenario.ts";
import { clusterFailover } from "./cluster_failover.ts";
import { clusterReshard } from "./cluster_reshard.ts";
import { groupsRedis, groupsSqlite } from "./groups_drain.ts";
import { network } from "./network.ts";
import { okqRedis, timetables } from "./okq_redis.ts";
import { redisFlush } from "./redis_flush.ts";
import { redisMemory } from "./redis_memory.ts";
import { redisPermissions } from "./redis_permissions.ts";
import { redisRestart } from "./redis_restart.ts";
import { sentinel } from "./sentinel.ts";
import { sqlite, sqliteFull } from "./sqlite.ts";

/** In the order of `--scenario all`. */
export const SCENARIOS: readonly Scenario[] = [
  okqRedis,
  redisRestart,
  sentinel,
  clusterFailover,
  clusterReshard,
  network,
  redisFlush,
  redisMemory,
  redisPermissions,
  sqlite,
  sqliteFull,
  groupsRedis,
  groupsSqlite,
  timetables,
];
