/**
 * A Redis whose clock a test sets.
 *
 * @module
 */
import { hasRedis, type RedisServer, startRedis } from "./redis_server.ts";
import { ROOT } from "./sources.ts";

/** Why tests cannot set the clock of a Redis on this machine; empty if they can. */
export const cannotSetClock: string = [
  ...hasRedis ? [] : ["no redis-server on this machine"],
  ...Deno.build.os === "linux" ? [] : ["its clock can be shifted on Linux only"],
  ...await gcc("--version") ? [] : ["no gcc on this machine"],
].join(", ");

export interface RedisWithClock {
  redis: RedisServer;
  /** Sets its clock forward by this number of seconds. */
  setClock(seconds: number): Promise<void>;
  /** Sets its clock to the fifth second of a minute, this number of minutes later. Resolves to the minute's beginning. */
  forward(minutes: number): Promise<number>;
}

const MINUTE_MS = 60_000;

export const minuteOf = (time: number): number => Math.floor(time / MINUTE_MS) * MINUTE_MS;

/** Whole seconds until the fifth second of a minute, some minutes later: no other minute begins during a test. */
export function secondsToMinute(now: number, minutes: number): number {
  return Math.round((minuteOf(now) + minutes * MINUTE_MS + 5000 - now) / 1000);
}

/**
 * Starts a Redis with its clock on time.
 * @param folder for the library that shifts the clock
 */
export async function startRedisWithClock(folder: string): Promise<RedisWithClock> {
  const [library, offset] = [`${folder}/clock_offset.so`, `${folder}/offset`];
  const setClock = (seconds: number) => Deno.writeTextFile(offset, `${seconds}`);
  await setClock(0);
  if (!await gcc("-shared", "-fPIC", "-Wall", "-Werror", "-o", library, "tests/support/clock_offset.c")) {
    throw new Error("gcc cannot compile clock_offset.c");
  }
  const redis = await startRedis({ env: { LD_PRELOAD: library, CLOCK_OFFSET: offset } });
  let ahead = 0;
  const forward = async (minutes: number) => {
    ahead += secondsToMinute(Date.now() + ahead * 1000, minutes);
    await setClock(ahead);
    return minuteOf(Date.now() + ahead * 1000);
  };
  return { redis, setClock, forward };
}

async function gcc(...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command("gcc", { args, cwd: ROOT, stdin: "null", stderr: "inherit" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
