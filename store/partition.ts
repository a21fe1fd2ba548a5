/**
 * Assigns queues to partitions. A step that changes two queues needs both in one partition, in either store: in a Redis
 * Cluster a partition is on one node.
 *
 * @module
 */

/** A constant of the layout in Redis, with or without a Cluster. */
export const PARTITIONS = 256;

/**
 * The hash of the `{tag}` in the name, as in Redis Cluster, else of the name without a trailing `:dead`, so that a
 * queue and its dead queue share a partition.
 */
export function partitionOf(queue: Uint8Array): number {
  return crc16(tagOf(queue) ?? withoutDead(queue)) % PARTITIONS;
}

const SLOTS = 16_384;

/** The slot of a Redis Cluster that holds a key of okq. */
export function slotOf(key: string): number {
  const bytes = new TextEncoder().encode(key);
  return crc16(tagOf(bytes) ?? bytes) % SLOTS;
}

const OPEN = "{".charCodeAt(0);
const CLOSE = "}".charCodeAt(0);
const DEAD = [...":dead"].map((letter) => letter.charCodeAt(0));

function tagOf(queue: Uint8Array): Uint8Array | undefined {
  const open = queue.indexOf(OPEN);
  const close = open < 0 ? -1 : queue.indexOf(CLOSE, open + 1);
  return close > open + 1 ? queue.subarray(open + 1, close) : undefined;
}

function withoutDead(queue: Uint8Array): Uint8Array {
  const start = queue.length - DEAD.length;
  const dead = start > 0 && DEAD.every((byte, i) => queue[start + i] === byte);
  return dead ? queue.subarray(0, start) : queue;
}

/** CRC16-XMODEM, as in the Redis Cluster specification. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
