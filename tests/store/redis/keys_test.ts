import { partitionOf, PARTITIONS } from "../../../store/partition.ts";
import { channelOf, knownKey, probeKey, queueKeys, readyKey, sharedKeys } from "../../../store/redis/keys.ts";
import { Buffer } from "../../../deps.ts";
import { assert } from "../../deps.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("partitionOf is the CRC16 of Redis Cluster", () => {
  // From the specification of Redis Cluster: CRC16 of "123456789" is 0x31C3.
  assert.equal(partitionOf(bytes("123456789")), 0x31c3 % PARTITIONS);
});

Deno.test("partitionOf takes only the tag of a name that has one", () => {
  assert.equal(partitionOf(bytes("a{user1}b")), partitionOf(bytes("user1")));
  assert.equal(partitionOf(bytes("{user1}{other}")), partitionOf(bytes("user1")));
  assert.notEqual(partitionOf(bytes("{}user1")), partitionOf(bytes("user1")));
});

Deno.test("partitionOf keeps a queue and its dead-letter queue together", () => {
  assert.equal(partitionOf(bytes("jobs:dead")), partitionOf(bytes("jobs")));
  assert.notEqual(partitionOf(bytes(":dead")), partitionOf(bytes("")));
});

Deno.test("queueKeys gives queues that are named like parts of keys keys of their own", () => {
  const names = ["jobs", "ready:jobs", "jobs:dead", "queues", "", "{1}", "\u00e9"];
  const keys = names.flatMap((name) => queueKeys(bytes(name)).slice(0, 4).map((key) => String(key)));
  assert.equal(new Set(keys).size, new Set(names).size * 4);
});

Deno.test("channelOf keeps databases and bytes apart", () => {
  assert.notEqual(channelOf(bytes("jobs"), "0@"), channelOf(bytes("jobs"), "1@"));
  assert.match(channelOf(new Uint8Array([0xff]), "0@"), /ready:\u00ff$/);
});

Deno.test("knownKey knows the key of the check of permissions", () => {
  assert.deepEqual(knownKey(bytes(probeKey(7)), false), { kind: "probe" });
  assert.equal(knownKey(bytes(probeKey(PARTITIONS)), false), undefined);
});

Deno.test("knownKey knows the shared keys of one Redis there only, and those of partitions in a Cluster only", () => {
  for (const kind of ["queues", "timers", "instances", "timetables", "schedule"] as const) {
    const [one, partition] = [bytes(sharedKeys()[kind]), bytes(sharedKeys(7)[kind])];
    assert.deepEqual([knownKey(one, false), knownKey(one, true)], [{ kind }, undefined]);
    assert.deepEqual([knownKey(partition, true), knownKey(partition, false)], [{ kind }, undefined]);
    assert.equal(knownKey(bytes(sharedKeys(PARTITIONS)[kind]), true), undefined);
  }
});

Deno.test("readyKey is the first of queueKeys, for any bytes", () => {
  for (const queue of [bytes("jobs"), bytes("a{user1}b"), new Uint8Array([0xff, 0, 0x80])]) {
    assert.deepEqual(
      new Uint8Array(readyKey(queue)),
      new Uint8Array(Buffer.from(queueKeys(queue)[0] as string, "latin1")),
    );
  }
});
