/**
 * Large events, long queues, and the work that is done on them.
 *
 * @module
 */
import { delay } from "../../../../core/util/async.ts";
import type { Reply } from "../../../../resp/reply.ts";
import { type Addr, connect, show, type Wire } from "../../../../tests/support/wire.ts";
import { ClaimClient } from "../../../claim_client.ts";
import { grouped } from "../../measure.ts";
import type { LoadClient } from "../load_client.ts";
import { ID, respStep } from "../step.ts";

export interface Subject {
  addr: Addr;
  http: number;
  load: LoadClient;
}

export interface Phase {
  name: string;
  /** Resolves to what went wrong. */
  work(subject: Subject): Promise<string[]>;
}

/** The phases follow each other on the same server. */
export interface LargeState {
  fill(subject: Subject): Promise<void>;
  phases: Phase[];
}

const MIB = 1024 * 1024;
const QUEUE = "large";
/** A push of a large event is repeated so often at most. */
const MAX_PUSHES = 5;
/** A phase that takes longer has failed. */
const MAX_SECONDS = 60;
/** How long the page is polled, and events are cancelled. */
const SECONDS = 10;
/** So that no lease ends between a claim and the acknowledgement, in another phase. */
const LEASE_SECONDS = 3 * MAX_SECONDS;
/** Time to push the events that wait behind those that expire. */
const TTL_FILL_SECONDS = 5;
const PAGE_PAUSE_MS = 200;
const DELAY_SECONDS = 0.3;
const MAX_LATE_MS = 1000;

/** @param scale reduces the numbers, for a test, as `seconds` does the times */
export function largeStates(scale = 1, seconds = SECONDS): LargeState[] {
  const heldSeconds = seconds + 2; // held events are renewed every ten seconds
  return [
    claimed(Math.round(1000 * scale), Math.round(100 * scale), heldSeconds),
    listed(Math.round(150 * scale), seconds),
    cancelled(Math.round(1_000_000 * scale), Math.round(1000 * scale), seconds),
    expired(Math.round(200_000 * scale), Math.round(5000 * scale), seconds + TTL_FILL_SECONDS),
  ];
}

async function fillLarge({ addr }: Subject, events: [queue: string, id: string][], bytes: number): Promise<void> {
  await using wire = await connect(addr);
  const contents = new Uint8Array(bytes).fill(0x78);
  for (const [queue, id] of events) {
    let reply = await wire.command("QLPUSH", queue, id, contents);
    for (let tries = 1; `${reply}`.startsWith("-UNAVAILABLE") && tries < MAX_PUSHES; tries++) {
      reply = await wire.command("QLPUSH", queue, id, contents);
    }
    if (reply !== `-ERR duplicate event ${id}`) expectReply(reply, "+OK");
  }
}

function expectReply(reply: unknown, expected: unknown): void {
  if (reply !== expected) throw new Error(`The reply is ${reply}, not ${expected}`);
}

/** Half of the events are acknowledged, the others fail twice. */
function claimed(events: number, clients: number, heldSeconds: number): LargeState {
  const half = events / 2;
  const seen = new Map<string, string>(); // ids with the receipts of their last deliveries
  let holder: ClaimClient;

  /** Claims until `count` deliveries have arrived. */
  async function claim(client: ClaimClient, received: { count: number }, count: number, lease: string): Promise<void> {
    const end = performance.now() + MAX_SECONDS * 1000;
    while (received.count < count && performance.now() < end) {
      const events = await client.claim(`QCLAIM COUNT 1000 ${lease} QUEUES ${QUEUE}`);
      if (!events) await delay(100);
      else {
        received.count += events.length;
        for (const { id, receipt } of events) seen.set(id, receipt);
      }
    }
  }

  const missing = (what: string, count: number, expected: number) =>
    count === expected ? [] : [`${count} of ${expected} events were ${what}`];

  return {
    async fill(subject) {
      await fillLarge(subject, Array.from({ length: events }, (_, i) => [QUEUE, `${i}`]), MIB);
      await using wire = await connect(subject.addr);
      expectReply(await wire.command("QCONFIG", "SET", QUEUE, "max-attempts", "2"), "+OK");
    },
    phases: [
      {
        name: `${grouped(clients)} clients that claim ${grouped(events)} events of 1 MiB, COUNT 1000`,
        async work({ addr }) {
          const received = { count: 0 };
          using stack = new DisposableStack();
          const claimers = await Promise.all(
            Array.from({ length: clients }, async () => stack.use(await ClaimClient.connect(addr))),
          );
          await Promise.all(claimers.map((client) => claim(client, received, events, `EX ${LEASE_SECONDS}`)));
          return missing("seen", seen.size, events);
        },
      },
      {
        name: `${grouped(half)} of them acknowledged in one pipeline`,
        async work({ addr }) {
          const acks = [...seen].slice(0, half).map(([id, receipt]) => ["QACK", QUEUE, id, "RECEIPT", receipt]);
          return missing("acknowledged", await countOnes(addr, acks), half);
        },
      },
      {
        name: `${grouped(half)} of them given back, claimed again and held for ${heldSeconds} s`,
        async work({ addr }) {
          const rest = [...seen].slice(half);
          const nacks = rest.map(([id, receipt]) => ["QNACK", QUEUE, id, "DELAY", "0", "RECEIPT", receipt]);
          const failures = missing("given back", await countOnes(addr, nacks), half);
          seen.clear();
          holder = await ClaimClient.connect(addr);
          await claim(holder, { count: 0 }, half, "HOLD");
          await delay(heldSeconds * 1000);
          return [...failures, ...missing("held", seen.size, half)];
        },
      },
      {
        name: `${grouped(half)} of them dead-lettered`,
        async work({ addr }) {
          await using wire = await connect(addr);
          holder[Symbol.dispose]();
          await waitForTotal(wire, QUEUE, 0);
          const dead = await idsOf(wire, `${QUEUE}:dead`);
          const unseen = dead.filter((id) => !seen.has(id));
          return [
            ...missing("dead-lettered", dead.length, half),
            ...missing("dead though nobody saw them", unseen.length, 0),
          ];
        },
      },
    ],
  };
}

/** How many of these commands, in one pipeline, are answered 1. */
async function countOnes(addr: Addr, commands: string[][]): Promise<number> {
  await using wire = await connect(addr);
  await wire.sendTogether(...commands);
  let ones = 0;
  for (const _ of commands) if (await wire.reply() === 1) ones++;
  return ones;
}

async function idsOf(wire: Wire, queue: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "0";
  do {
    const [next, rows] = await wire.command("QLIST", queue, "CURSOR", cursor, "COUNT", "1000") as [string, string[][]];
    ids.push(...rows.map(([id]) => id));
    cursor = next;
  } while (cursor !== "0");
  return ids;
}

/** Resolves when a queue holds that many events, or after a minute. */
async function waitForTotal(wire: Wire, queue: string, total: number): Promise<string[]> {
  const end = performance.now() + MAX_SECONDS * 1000;
  let found: unknown;
  while (performance.now() < end) {
    const reply: Reply = (await wire.send("QSTATS", queue), await wire.reply());
    found = Array.isArray(reply) && Array.isArray(reply[0]) ? reply[0][1] : show(reply);
    if (found === total) return [];
    await delay(100);
  }
  return [`the queue holds ${found} events, not ${total}`];
}

/** The page shows queues with a large event each. */
function listed(queues: number, seconds: number): LargeState {
  const names = Array.from({ length: queues }, (_, i) => `${QUEUE}-${i}`);
  return {
    fill: (subject) => fillLarge(subject, names.map((queue) => [queue, "id"]), 8 * MIB),
    phases: [{
      name: `the page, which shows ${grouped(queues)} queues with an event of 8 MiB`,
      async work({ http }) {
        const failures = new Set<string>();
        const end = performance.now() + seconds * 1000;
        for (let i = 0; performance.now() < end; i++) {
          for (
            const path of [
              "/queues?sort=ready&order=down&count=200&history=true",
              `/queues/${names[i % queues]}/events?state=ready`,
            ]
          ) {
            const response = await fetch(`http://127.0.0.1:${http}${path}`);
            const text = await response.text();
            if (!response.ok) failures.add(`${path} is answered ${response.status} ${text}`);
          }
          await delay(PAGE_PAUSE_MS);
        }
        return [...failures];
      },
    }],
  };
}

async function fillSmall({ addr: { port }, load }: Subject, firstId: number, events: number, ...options: string[]) {
  const step = respStep(["QLPUSH", QUEUE, ID, "x", ...options], "sequence", 1, "+OK");
  await load.run({ port, connections: 1, pipeline: 256, steps: [step], events, firstId });
}

/** Waiting events are acknowledged in the middle of their queue. */
function cancelled(events: number, together: number, seconds: number): LargeState {
  return {
    fill: (subject) => fillSmall(subject, 0, events),
    phases: [{
      name: `${grouped(together)} of ${grouped(events)} waiting events acknowledged in one pipeline, every second`,
      async work({ addr, load }) {
        const ack = respStep(["QACK", QUEUE, ID], "sequence", 1, ":1");
        for (let second = 0; second < seconds; second++) {
          const firstId = events / 2 + second * together;
          await Promise.all([
            load.run({ port: addr.port, connections: 1, pipeline: together, steps: [ack], events: together, firstId }),
            delay(1000),
          ]);
        }
        await using wire = await connect(addr);
        return await waitForTotal(wire, QUEUE, events - seconds * together);
      },
    }],
  };
}

/** Waiting events expire in the middle of their queue. */
function expired(events: number, expiring: number, ttlSeconds: number): LargeState {
  const half = (events - expiring) / 2;
  let expireAt: number;
  return {
    async fill(subject) {
      await fillSmall(subject, 0, half);
      await fillSmall(subject, half, expiring, "TTL", `${ttlSeconds}`);
      expireAt = performance.now() + ttlSeconds * 1000;
      await fillSmall(subject, half + expiring, half);
    },
    phases: [{
      name: `${grouped(expiring)} of ${grouped(events)} waiting events that expire together`,
      async work({ addr }) {
        await delay(Math.max(0, expireAt - performance.now() - 500));
        await using wire = await connect(addr);
        let done = false;
        const left = waitForTotal(wire, QUEUE, events - expiring).finally(() => done = true);
        let late = 0;
        while (!done) late = Math.max(late, await latenessOfDelay(addr));
        return [...await left, ...late > MAX_LATE_MS ? [`a delayed event is ${Math.round(late)} ms late`] : []];
      },
    }],
  };
}

/** Delays an event of another queue, and returns how many milliseconds too late it is delivered. */
async function latenessOfDelay(addr: Addr): Promise<number> {
  await using wire = await connect(addr);
  const due = performance.now() + DELAY_SECONDS * 1000;
  expectReply(await wire.command("QLPUSH", "delayed", "id", "x", "DELAY", `${DELAY_SECONDS}`), "+OK");
  await wire.command("QCLAIM", "EX", "0", "BLOCK", `${MAX_SECONDS}`, "QUEUES", "delayed");
  return performance.now() - due;
}
