/**
 * What the okq written in Go does to Redis, command by command: its keys are laid out exactly as it leaves them.
 *
 * @module
 */
import { assert } from "../deps.ts";
import { bytes, type Shown, type Wire } from "../support/wire.ts";

/** An okq written in Go, as Redis sees it. */
export class GoOkq {
  readonly #redis: Wire;

  constructor(redis: Wire) {
    this.#redis = redis;
  }

  /** QLPUSH, or QRPUSH. */
  async push(queue: string, id: string, contents = `c-${id}`, side: "L" | "R" = "L"): Promise<void> {
    assert.equal(await this.do("HSETNX", `queue:{${queue}}:items`, id, contents), 1);
    await this.do(`${side}PUSH`, `queue:{${queue}}`, id);
    await this.do("PUBLISH", `queue:{${queue}}`, id);
  }

  /** QRPOP. Without `leaseSeconds` the lease ends at once. */
  async pop(queue: string, leaseSeconds?: number): Promise<string> {
    const id = `${await this.do("RPOPLPUSH", `queue:{${queue}}`, `queue:{${queue}}:claimed`)}`;
    await this.do("SET", `queue:{${queue}}:lock:${id}`, "1", "EX", `${leaseSeconds ?? 30}`, "NX");
    if (leaseSeconds === undefined) await this.do("DEL", `queue:{${queue}}:lock:${id}`);
    return id;
  }

  /** QREGISTER, or the heartbeat that follows every ten seconds. */
  async register(queue: string, consumer: string, secondsAgo = 0): Promise<void> {
    const time = Math.floor(Date.now() / 1000) - secondsAgo;
    await this.do("ZADD", `queue:{${queue}}:consumers`, `${time}`, consumer);
  }

  /** The names of all keys that are left. */
  async left(): Promise<string[]> {
    return (await this.do("KEYS", "queue:*") as string[]).toSorted();
  }

  /** Sends a command, each character as one byte. */
  async do(...command: string[]): Promise<Shown> {
    const reply = await this.#redis.command(...command.map(bytes));
    assert.ok(!`${reply}`.startsWith("-"), `${command[0]}: ${reply}`);
    return reply;
  }
}
