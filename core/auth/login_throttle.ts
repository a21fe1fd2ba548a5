/**
 * What is remembered of those who gave wrong passwords. Slow hashes are made one at a time, and in turn for the addresses
 * that ask for them, so that a flood of guesses from one address leaves the others a place and the processor free.
 *
 * @module
 */
import { delay } from "../util/async.ts";
import { LruMap } from "../util/lru_map.ts";
import { Mutex } from "./mutex.ts";

/** How long the first wrong password of an address is left unanswered, in milliseconds; each further one twice as long. */
const FIRST_DELAY_MS = 100;
/** The longest such delay, in milliseconds. */
const MAX_DELAY_MS = 4_000;
/** When an address that gave no wrong password is trusted again, in milliseconds. */
const FORGET_MS = 60_000;
/** Addresses remembered at the most; those whose last failure is oldest are forgotten first. */
const MAX_ADDRESSES = 10_000;

interface Failures {
  count: number;
  last: number;
}

/** The attempts to log in of late. */
export class LoginThrottle {
  #byAddress = new LruMap<string, Failures>(MAX_ADDRESSES);
  #addressMutexes = new Map<string, Mutex>();
  #globalMutex = new Mutex();
  #closing = new AbortController();

  /** How many addresses are remembered. */
  get size(): number {
    return this.#byAddress.size;
  }

  /** Counts a wrong password. Returns how many there were from this address of late. */
  failed(address: string, now = Date.now()): number {
    const past = this.#byAddress.get(address);
    const failures = past !== undefined && now - past.last < FORGET_MS ? past.count + 1 : 1;
    this.#byAddress.set(address, { count: failures, last: now });
    return failures;
  }

  /**
   * Does slow work when nobody else does, and after what this address asked for before.
   * @param work resolves to whether the password was right; after one that was not, the next of this address is held back
   * @param gone aborted when nobody waits for it any more
   * @returns what `work` returned, or undefined if it was not begun, for it would still have had to wait after `gone`
   */
  async runExclusive(address: string, work: () => Promise<boolean>, gone: AbortSignal): Promise<boolean | undefined> {
    let turns = this.#addressMutexes.get(address);
    if (!turns) this.#addressMutexes.set(address, turns = new Mutex());
    if (!await turns.acquire(gone)) return undefined;
    let right: boolean | undefined;
    try {
      return right = await this.#runGlobally(work);
    } finally {
      this.#releaseAddress(address, turns, right);
    }
  }

  /** Ends what is held back. */
  close(): void {
    this.#closing.abort();
  }

  async #runGlobally(work: () => Promise<boolean>): Promise<boolean | undefined> {
    if (!await this.#globalMutex.acquire(this.#closing.signal)) return undefined;
    try {
      return await work();
    } finally {
      this.#globalMutex.release();
    }
  }

  async #releaseAddress(address: string, turns: Mutex, right: boolean | undefined): Promise<void> {
    const failures = this.#byAddress.get(address)?.count ?? 0;
    if (right === false) await delay(penaltyMs(failures + 1), this.#closing.signal);
    turns.release();
    if (turns.idle) this.#addressMutexes.delete(address);
  }
}

/** How long so many failures are left unanswered, in milliseconds. */
export function penaltyMs(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
}

/**
 * The part of `host:port` that one person cannot change at will: an IPv4 address, or the first half of an IPv6 address,
 * which is what a household or a machine is given.
 */
export function addressOf(addr: string): string {
  const host = addr.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const mapped = /^::ffff:([0-9.]+)$/i.exec(host);
  if (mapped) return mapped[1];
  if (!host.includes(":")) return host;
  const [head, tail] = host.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array(Math.max(zeros, 0)).fill("0"), ...tail ?? []].slice(0, 4).join(":");
}
