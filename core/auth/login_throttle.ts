/**
 * Slows down wrong passwords.
 *
 * Password hashes are slow on purpose. They are computed one at a time, in turn for the addresses that request them, so
 * that a flood of guesses from one address leaves the processor and the next slot to others.
 *
 * @module
 */
import { delay } from "../util/async.ts";
import { LruMap } from "../util/lru_map.ts";

/** For the first wrong password of an address; doubles with each further one. */
const FIRST_PENALTY_MS = 100;
const MAX_PENALTY_MS = 4_000;
/** Time without a wrong password after which an address starts anew. */
const FORGET_MS = 60_000;
const MAX_ADDRESSES = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/** Counts wrong passwords per address and serializes password hashing. */
export class LoginThrottle {
  #failures = new LruMap<string, Failures>(MAX_ADDRESSES);
  #addressMutexes = new Map<string, Mutex>();
  #globalMutex = new Mutex();
  #closing = new AbortController();

  get size(): number {
    return this.#failures.size;
  }

  /** Returns how many wrong passwords the address gave without a break of a minute. */
  failed(address: string, now = Date.now()): number {
    const previous = this.#failures.get(address);
    const count = previous !== undefined && now - previous.lastAt < FORGET_MS ? previous.count + 1 : 1;
    this.#failures.set(address, { count, lastAt: now });
    return count;
  }

  /**
   * Runs `work` alone, after earlier work of the same address. Resolves to undefined if it was still waiting when the
   * signal aborted.
   * @param work resolves to whether the password was right; if not, the address's next work waits for the penalty
   */
  async runExclusive(address: string, work: () => Promise<boolean>, signal: AbortSignal): Promise<boolean | undefined> {
    let mutex = this.#addressMutexes.get(address);
    if (!mutex) this.#addressMutexes.set(address, mutex = new Mutex());
    if (!await mutex.acquire(signal)) return undefined;
    let correct: boolean | undefined;
    try {
      return correct = await this.#runGlobally(work);
    } finally {
      this.#releaseAddress(address, mutex, correct);
    }
  }

  /** Ends all penalties and refuses waiting work. */
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

  async #releaseAddress(address: string, mutex: Mutex, correct: boolean | undefined): Promise<void> {
    const failures = this.#failures.get(address)?.count ?? 0;
    if (correct === false) await delay(penaltyMs(failures + 1), this.#closing.signal);
    mutex.release();
    if (mutex.idle) this.#addressMutexes.delete(address);
  }
}

/** The delay before the reply to the nth wrong password. */
export function penaltyMs(failures: number): number {
  return Math.min(FIRST_PENALTY_MS * 2 ** (failures - 1), MAX_PENALTY_MS);
}

/**
 * The part of `host:port` that one client cannot change at will: an IPv4 address, or the /64 prefix of an IPv6 address,
 * which is what a household or a machine is assigned.
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

/** A fair mutex: first come, first served. */
export class Mutex {
  #locked = false;
  #waiters = new Set<() => void>();

  get idle(): boolean {
    return !this.#locked;
  }

  /** Resolves to false if the signal aborts before the caller holds the mutex. */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (!this.#locked) {
      this.#locked = true;
      return Promise.resolve(true);
    }
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiters.delete(enter);
        resolve(false);
      };
      const enter = () => {
        signal.removeEventListener("abort", leave);
        this.#waiters.delete(enter);
        resolve(true);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiters.add(enter);
    });
  }

  release(): void {
    const [next] = this.#waiters;
    if (next) next();
    else this.#locked = false;
  }
}
