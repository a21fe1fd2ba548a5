/**
 * Consumers that fail in every way drain a queue of many groups. What they see of the order and of the limits is
 * recorded.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import type { Addr } from "../../../tests/support/wire.ts";
import { Client } from "../../client.ts";
import type { Random } from "../../random.ts";
import type { History } from "../history.ts";

export interface DrainOptions {
  addrs: Addr[];
  queue: string;
  history: History;
  /** The number of groups, and of events in each. */
  groups: number;
  events: number;
  groupLimit: number;
  maxProcessing: number;
  consumers: number;
  random: Random;
}

export interface Drained {
  /** Events that were acknowledged. */
  acknowledged: number;
  deliveries: number;
  /** Connections that consumers closed with unacknowledged events. */
  killed: number;
  /** Deliveries while as many earlier events of the group as its limit, or more, were not gone. */
  outOfTurn: number;
  /** Events of one group that were delivered and not gone at one time, at most. */
  mostOfGroup: number;
}

const BATCH = 8;
const LEASE_SECONDS = "0.3";
/** Longer than any lease, also those that an okq that was killed left behind. */
const STUCK_MS = 45_000;
/** Events pushed in one command. */
const TOGETHER = 1000;

/** Pushes the events, group by group in turns, and consumes them until all are gone. @throws {Error} on any error reply */
export async function drain(options: DrainOptions): Promise<Drained> {
  const { addrs, queue, history, groups, events, groupLimit, maxProcessing, consumers, random } = options;
  await using producer = await Client.connect(addrs[0]);
  const expect = async (wanted: unknown, ...command: string[]) => {
    const answer = await producer.command(...command);
    if (answer !== wanted) throw new Error(`${command.slice(0, 3)} is answered with ${answer}`);
  };
  const limits = ["group-limit", `${groupLimit}`, "max-processing", `${maxProcessing}`];
  await expect("+OK", "QCONFIG", "SET", queue, ...limits);
  for (let from = 0; from < events; from += TOGETHER) {
    const numbers = Array.from({ length: Math.min(TOGETHER, events - from) }, (_, i) => from + i);
    for (let group = 0; group < groups; group++) {
      const pairs = numbers.flatMap((number) => [`${group}-${number}`, `contents ${number}`]);
      const pushes = numbers.map((number) => history.invoke("enqueue", `${queue} ${group}-${number}`));
      await expect("+OK", "QMPUSH", queue, "GROUP", `${group}`, "EVENTS", ...pairs);
      for (const push of pushes) history.complete(push, "ok");
    }
  }
  const ledger = new GroupLedger(groups, events, groupLimit);
  const run = (number: number) => consume(addrs[number % addrs.length], options, ledger, random.fork());
  await Promise.all(Array.from({ length: consumers }, (_, number) => run(number)));
  await expect("+OK", "QCONFIG", "RESET", queue);
  return ledger.drained;
}

/** What is known of the events of all groups. */
class GroupLedger {
  readonly drained: Drained = { acknowledged: 0, deliveries: 0, killed: 0, outOfTurn: 0, mostOfGroup: 0 };
  /** By group and event: the number of acknowledgements without an answer; Infinity after one that removed the event. */
  readonly #acknowledgements: number[][];
  /** By group: numbers of the events that were delivered and are not gone. */
  readonly #held: Set<number>[];
  readonly #events: number;
  #deliveredAt = performance.now();
  readonly #groupLimit: number;

  constructor(groups: number, events: number, groupLimit: number) {
    this.#acknowledgements = Array.from({ length: groups }, () => Array(events).fill(0));
    this.#held = this.#acknowledgements.map(() => new Set());
    this.#events = groups * events;
    this.#groupLimit = groupLimit;
  }

  get isDone(): boolean {
    return this.drained.acknowledged === this.#events;
  }

  /** @throws {Error} with the state of the queue if nothing is delivered any longer */
  async checkProgress(client: Client, queue: string): Promise<void> {
    if (performance.now() < this.#deliveredAt + STUCK_MS) return;
    throw new Error(`Nothing is delivered any longer: ${await client.command("QSTATS", queue)}`);
  }

  delivered(id: string): void {
    const [group, number] = id.split("-").map(Number);
    this.drained.deliveries++;
    this.#deliveredAt = performance.now();
    if (this.#acknowledgements[group][number] > 0) return; // the reply may be older than the acknowledgement
    const earlier = this.#acknowledgements[group].slice(0, number).filter((sent) => sent === 0).length;
    if (earlier >= this.#groupLimit) this.drained.outOfTurn++;
    this.#held[group].add(number);
    this.drained.mostOfGroup = Math.max(this.drained.mostOfGroup, this.#held[group].size);
  }

  acknowledging(id: string): void {
    const [group, number] = id.split("-").map(Number);
    this.#acknowledgements[group][number]++;
    this.#held[group].delete(number);
  }

  /** @param removed whether the acknowledgement removed the event */
  acknowledged(id: string, removed: boolean): void {
    const [group, number] = id.split("-").map(Number);
    this.#acknowledgements[group][number] += removed ? Infinity : -1;
    if (removed) this.drained.acknowledged++;
    else if (this.#acknowledgements[group][number] === 0) this.#held[group].add(number);
  }
}

async function consume(addr: Addr, options: DrainOptions, ledger: GroupLedger, random: Random): Promise<void> {
  const { queue } = options;
  while (!ledger.isDone) {
    await using client = await Client.connect(addr);
    while (!ledger.isDone && !client.broken) {
      const hold = random.chance(0.5);
      const lease = hold ? ["HOLD"] : ["EX", LEASE_SECONDS];
      const answer = await client.command("QCLAIM", "COUNT", `${BATCH}`, ...lease, "BLOCK", "0.2", "QUEUES", queue);
      if (answer === null) {
        await ledger.checkProgress(client, queue);
        continue;
      }
      if (!Array.isArray(answer)) throw new Error(`QCLAIM is answered with ${answer}`);
      const rows = answer as [string, string, string, number, string][];
      for (const [, id] of rows) ledger.delivered(id);
      const chance = random.next();
      if (chance < 0.02) {
        ledger.drained.killed++;
        client.close();
      } else if (chance < 0.04 && !hold) await delay(Number(LEASE_SECONDS) * 1500); // its leases end meanwhile
      else for (const [, id, , , receipt] of rows) await settle(client, options, id, receipt, ledger, random);
    }
  }
}

async function settle(
  client: Client,
  { queue, history }: DrainOptions,
  id: string,
  receipt: string,
  ledger: GroupLedger,
  random: Random,
): Promise<void> {
  const chance = random.next();
  if (chance < 0.02) await client.command("QNACK", queue, id, "RECEIPT", receipt);
  else if (chance < 0.03) await client.command("QNACK", queue, id, "DELAY", "0.05", "RECEIPT", receipt);
  else if (chance < 0.05) await client.command("QACK", queue, id, "REDO", "RECEIPT", receipt);
  else {
    ledger.acknowledging(id);
    const acknowledgement = history.invoke("dequeue", `${queue} ${id}`);
    const answer = await client.command("QACK", queue, id, "RECEIPT", receipt);
    if (typeof answer !== "number") throw new Error(`QACK is answered with ${answer}`);
    history.complete(acknowledgement, answer === 1 ? "ok" : "fail");
    ledger.acknowledged(id, answer === 1);
  }
}
