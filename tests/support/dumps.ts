/**
 * Stores that hold some of everything, for tests of what moves between them.
 *
 * @module
 */
import { openStore } from "../../store/open.ts";
import { deadQueueOf } from "../../store/policy.ts";
import type { PushOptions, Side, Store } from "../../store/store.ts";
import { dumpCommand, loadCommand } from "../../migrate/dump.ts";
import { assert } from "../deps.ts";
import { WAIT_MS } from "./limits.ts";
import { bytes } from "../store/contract/suite.ts";

export const SETTINGS = {
  storeTimeoutMs: WAIT_MS,
  storeWaitReplicas: 0,
  storeWaitTimeoutMs: 1000,
  maxClaimBytes: 8 * 1024 * 1024,
  maxEventBytes: 16 * 1024 * 1024,
};

/** Options of a command: it logs errors only, and waits long for its store. */
export const QUIET = ["--log-level", "error", "--store-timeout", `${WAIT_MS / 1000}`];

const HOUR_MS = 3_600_000;

/** Opens a store as okq does, and closes it after `body`. */
export async function withStore<T>(url: string, body: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ ...SETTINGS, store: url }, { report: () => {} });
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

/** What `dump` writes. */
export async function dumpOf(url: string): Promise<string> {
  const text: string[] = [];
  const decoder = new TextDecoder();
  const write = (bytes: Uint8Array) => {
    text.push(decoder.decode(bytes, { stream: true }));
    return Promise.resolve(bytes.length);
  };
  assert.deepEqual(await dumpCommand(["--store", url, ...QUIET], { watchMs: 1, output: { write } }), {
    text: "",
    ok: true,
  });
  return text.join("");
}

/** Has `load` read a dump, which arrives in small pieces. */
export function loadInto(url: string, dump: string | Uint8Array): ReturnType<typeof loadCommand> {
  const all = typeof dump === "string" ? bytes(dump) : dump;
  const input = async function* () {
    for (let at = 0; at < all.length; at += 65_521) yield await Promise.resolve(all.subarray(at, at + 65_521));
  };
  return loadCommand(["--store", url, ...QUIET], { input: input() });
}

/** Fills an empty store with events in every state, and all else that moves. */
export async function fill(store: Store): Promise<void> {
  await fillStates(store, bytes("states"));
  await fillGroups(store, bytes("groups"));
  await fillDeadLetters(store, bytes("orders"));
  await fillSettings(store);
  await fillLong(store, bytes("long"));
  await fillTimetables(store);
}

function push(
  store: Store,
  queue: Uint8Array,
  id: string | Uint8Array,
  contents: string | Uint8Array = `c-${id}`,
  options?: PushOptions,
  side: Side = "left",
): Promise<void> {
  const [idBytes, contentsBytes] = [id, contents].map((text) => typeof text === "string" ? bytes(text) : text);
  return store.push(queue, idBytes, contentsBytes, side, options).then((pushed) => assert.ok(pushed, `${id}`));
}

/** Every byte, which is no UTF-8. */
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

async function fillStates(store: Store, queue: Uint8Array): Promise<void> {
  for (const id of ["leased", "leased again", "failed", "delayed by failure"]) await push(store, queue, id);
  for (let i = 0; i < 2; i++) await store.claim(queue, 1, HOUR_MS);
  await store.claim(queue, 2, HOUR_MS);
  await store.nack(queue, bytes("failed"), undefined, { reason: bytes("no\nreason \xff") });
  await store.claim(queue, 1, HOUR_MS);
  await store.nack(queue, bytes("failed"));
  await store.nack(queue, bytes("delayed by failure"), undefined, { delayMs: HOUR_MS, reason: ALL_BYTES });
  await store.redo(queue, bytes("leased again"));
  await store.claim(queue, 1, 2 * HOUR_MS);
  await push(store, queue, "right", "", undefined, "right");
  await push(store, queue, ALL_BYTES, ALL_BYTES, { meta: ALL_BYTES });
  await push(store, queue, "\ufeffbyte order mark", "\ufeff", { meta: bytes("") });
  await push(store, queue, "300 bytes", "3".repeat(300), { ttlMs: HOUR_MS });
  await push(store, queue, "3,000 bytes", "é".repeat(1500), { meta: bytes("m: 1") });
  await push(store, queue, "large", new Uint8Array(400_000).fill(0xfe), {
    meta: bytes("m".repeat(4096)),
    ttlMs: HOUR_MS,
  });
  await push(store, queue, "large meta", "c", { meta: bytes("m".repeat(2000)) });
  const delayed = Array.from({ length: 50 }, (_, i) => `delayed ${(i * 7) % 50}`);
  await Promise.all(delayed.map((id, i) => push(store, queue, id, id, { delayMs: HOUR_MS }, i % 2 ? "left" : "right")));
  await push(store, queue, "delayed and large", "d".repeat(2000), { delayMs: 1000 * HOUR_MS, ttlMs: 2000 * HOUR_MS });
}

async function fillGroups(store: Store, queue: Uint8Array): Promise<void> {
  await store.setPolicy(queue, { groupLimit: 2 });
  for (const group of ["b", "a", "", "\xff"]) {
    for (let i = 0; i < 5; i++) {
      await push(store, queue, `${group}${i}`, "c", { group: bytes(`group ${group}`), meta: bytes(group) });
    }
  }
  await store.claim(queue, 3, HOUR_MS); // b0, b1, a0
  await store.nack(queue, bytes("b1"), undefined, { delayMs: HOUR_MS });
  await store.ack(queue, bytes("b3"));
  await push(store, queue, "first of b", "x".repeat(3000), { group: bytes("group b") }, "right");
  await push(store, queue, "later of b", "c", { group: bytes("group b"), delayMs: HOUR_MS });
  await push(store, queue, "alone", "c", { group: bytes("alone"), ttlMs: HOUR_MS });
}

/** Dead letters keep their groups, and take no places. */
async function fillDeadLetters(store: Store, queue: Uint8Array): Promise<void> {
  const dead = deadQueueOf(queue);
  await store.setPolicy(queue, { maxAttempts: 1, leaseMs: 12_345, backoffMs: 1500, backoffMaxMs: 60_000 });
  for (const id of ["1", "2", "3", "4"]) {
    await push(store, queue, id, `c-${id}`, { group: bytes("g") });
    await store.claim(queue, 1, HOUR_MS);
    assert.equal(await store.nack(queue, bytes(id), undefined, { reason: bytes(`why ${id}`) }), 2);
  }
  await store.claim(dead, 2, HOUR_MS); // 1 and 2
  await store.nack(dead, bytes("2"), undefined, { delayMs: HOUR_MS });
}

async function fillSettings(store: Store): Promise<void> {
  await store.setPolicy(bytes("{p}policy"), {
    maxAttempts: 3,
    deadQueue: new Uint8Array([...bytes("{p}"), 0xff, 0x20]),
    maxLength: 100,
    maxProcessing: 5,
    rate: 0.1,
  });
  await store.pause(bytes("paused"), HOUR_MS);
  await store.pause(bytes("paused for ever"), 0);
  const remembering = bytes("remembering");
  await store.setPolicy(remembering, { rememberMs: HOUR_MS });
  for (let i = 0; i < 20; i++) {
    await push(store, remembering, `${i}`);
    if (i % 3 > 0) await store.ack(remembering, bytes(`${i}`));
  }
  await push(store, new Uint8Array([0xff, 0x0d, 0x0a, 0x00]), "id");
}

async function fillTimetables(store: Store): Promise<void> {
  const rule = { expression: "0 3 * * 1-5", zone: "Europe/Berlin", nextAt: Date.now() + HOUR_MS, lastAt: null };
  const [empty, small, large] = [bytes(""), ALL_BYTES, new Uint8Array(70_000).fill(0xfe)];
  for (const queue of [bytes("states"), new Uint8Array([0x2a, 0xff, 0x5b])]) {
    for (const [name, contents] of [["b", small], ["a", large], ["c", empty]] as const) {
      const timetable = { ...rule, queue, name: bytes(name), group: null, meta: null, contents };
      assert.ok(await store.setTimetable(timetable));
      const other = { group: bytes("g"), meta: bytes("m: 1"), lastAt: Date.now() - HOUR_MS, zone: "UTC" };
      assert.ok(await store.setTimetable({ ...timetable, ...other, name: bytes(`${name} of a group`) }));
    }
  }
}

/** A ready list from whose middle events are removed, of which one is pushed again. */
async function fillLong(store: Store, queue: Uint8Array): Promise<void> {
  const ids = Array.from({ length: 1300 }, (_, i) => `${i}`);
  await Promise.all(ids.map((id) => push(store, queue, id)));
  for (let i = 600; i < 620; i++) await store.ack(queue, bytes(`${i}`));
  await push(store, queue, "610", "again");
  await store.claim(queue, 100, HOUR_MS);
}
