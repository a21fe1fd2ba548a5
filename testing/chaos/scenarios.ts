/**
 * All scenarios, and what okq promises in each.
 *
 * @module
 */
import type { Scenario } from "./scenario.ts";
import { clusterFailover } from "./scenarios/cluster_failover.ts";
import { clusterReshard } from "./scenarios/cluster_reshard.ts";
import { network } from "./scenarios/network.ts";
import { okqRedis } from "./scenarios/okq_redis.ts";
import { redisRestart } from "./scenarios/redis_restart.ts";
import { sentinel } from "./scenarios/sentinel.ts";
import { sqliteFull } from "./scenarios/sqlite_full.ts";
import { sqlite } from "./scenarios/sqlite.ts";

/**
 * What the settings of each scenario promise. Nowhere is an event lost that was answered OK, nor delivered after its
 * acknowledgement was answered with 1: with `appendfsync always` both are on disk before they are answered, with
 * `--store-wait-replicas 1` in a replica. Asynchronous replication without it, or `appendfsync everysec`, promises
 * neither, and is in no scenario.
 *
 * What `--store-wait-replicas` promises holds for a master that dies. A master that lives on after Sentinels have
 * deposed it may still have replicas, as many as there are but the one that was promoted, and they confirm what will be
 * thrown away: until okq hears of the new master, a second at the most, only waiting for all replicas would prevent that.
 */
const NOTHING = { lost: 0, doubled: 0, resumed: 2000, stalled: 2000 };

/** All scenarios, in the order of `--scenario all`. */
export const SCENARIOS: readonly Scenario[] = [
  { ...okqRedis, promised: NOTHING },
  { ...redisRestart, promised: NOTHING },
  { ...sentinel, promised: NOTHING },
  { ...clusterFailover, promised: NOTHING },
  { ...clusterReshard, promised: NOTHING },
  { ...network, promised: NOTHING },
  { ...sqlite, promised: NOTHING },
  { ...sqliteFull, promised: NOTHING },
];
