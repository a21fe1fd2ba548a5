/**
 * Users: roles, and patterns of accessible queues.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { Glob } from "../util/glob.ts";

/** Push events, pop and acknowledge them, read queues, or administer them. */
export type Role = "produce" | "consume" | "inspect" | "admin";

export const ROLES: readonly Role[] = ["produce", "consume", "inspect", "admin"];

/** The user of clients that log in without a name. */
export const DEFAULT_USER = "default";

/** The error of Redis for a queue that the user may not access. */
export const NO_QUEUE_PERMISSION = "NOPERM No permissions to access a key";

export class User {
  /** All roles and access to all queues: permission checks can be skipped. */
  readonly unlimited: boolean;
  readonly allQueues: boolean;
  readonly #roles: ReadonlySet<Role>;
  readonly #patterns: readonly Glob[];

  /** @param patterns of queue names, one character per byte; see {@linkcode Glob}, without sets */
  constructor(readonly name: string, roles: readonly Role[], patterns: readonly string[]) {
    this.#roles = new Set(roles);
    this.#patterns = patterns.map((pattern) => new Glob(pattern, { sets: false }));
    this.allQueues = patterns.includes("*");
    this.unlimited = ROLES.every((role) => this.#roles.has(role)) && this.allQueues;
  }

  has(role: Role): boolean {
    return this.#roles.has(role);
  }

  mayAccess(queue: Uint8Array): boolean {
    if (this.allQueues) return true;
    const name = keyOf(queue);
    return this.#patterns.some((pattern) => pattern.matches(name));
  }
}
