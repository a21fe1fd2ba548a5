/**
 * Manages queues.
 *
 * @module
 */
import type { Buffer } from "./deps.ts";
import { Unavailable } from "./errors.ts";
import { Connection } from "./internal/connection.ts";
import { type Credentials, DEFAULT_ADDRESS, Endpoints } from "./internal/endpoints.ts";
import { type Arg, checkNumber, contentsArg, toSeconds } from "./internal/validate.ts";

const CONNECT_MS = 30_000;
/** QMOVE of a long queue takes its time. */
const REPLY_TIMEOUT_MS = 600_000;
const PAGE_EVENTS = 100;

/** Options of an {@linkcode Admin}. */
export interface AdminOptions extends Credentials {
  /** Servers as `host:port`; the next is used when one fails. Default: `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
}

/** The policy of a queue. */
export interface QueuePolicy {
  /** Failed deliveries after which an event goes to the dead queue; 0: no limit. */
  maxAttempts: number;
  /** Name of the dead queue. */
  deadQueue: string;
  /** Delay after the first failed delivery, in milliseconds, doubled with each further one. */
  backoffMs: number;
  /** Limit of that delay; 0: none. */
  backoffMaxMs: number;
  /** Events that the queue may hold; 0: no limit. */
  maxLength: number;
  /** Default lease, in milliseconds. */
  leaseMs: number;
  /** Events of one group that may be ready or leased at a time. */
  groupLimit: number;
  /** How long the id of an acknowledged event stays taken, in milliseconds; 0: not at all. */
  rememberMs: number;
  /** Events that may be leased at a time; 0: no limit. */
  maxProcessing: number;
  /** Deliveries per second; 0: no limit. */
  rate: number;
}

/** Figures of a queue; five of them, from `pushed` to `expired`, count since the queue came into being. */
export interface QueueStats {
  /** Name of the queue. */
  queue: string;
  /** Events in any state. */
  total: number;
  /** Leased events. */
  processing: number;
  /** Registered consumers. */
  consumers: number;
  /** Events that wait for a consumer. */
  ready: number;
  /** Events that wait for their time. */
  delayed: number;
  /** Milliseconds since the push of the ready event that is next. */
  oldestMs: number;
  /** Whether delivery is paused. */
  paused: boolean;
  /** Events pushed. */
  pushed: number;
  /** Events acknowledged. */
  acked: number;
  /** Failed deliveries whose events came back. */
  redelivered: number;
  /** Events that went to the dead queue. */
  dead: number;
  /** Events whose time to live ended. */
  expired: number;
  /** Events that wait for earlier ones of their group. */
  blocked: number;
  /** Whether it has ready events and delivers none because of `maxProcessing` or `rate` of its policy. */
  limited: boolean;
}

/** State of an event; a leased one is `processing`, and one that waits for earlier ones of its group `blocked`. */
export type EventState = "ready" | "processing" | "delayed" | "blocked";

/** An event as {@linkcode Admin.list} shows it. */
export interface EventInfo {
  /** Id; bytes that are not UTF-8 appear as U+FFFD. */
  id: string;
  /** Its state. */
  state: EventState;
  /** Deliveries, the current one included. */
  attempts: number;
  /** Milliseconds since the push. */
  ageMs: number;
  /** Bytes of the contents. */
  size: number;
  /** Milliseconds until the lease or delay ends; 0 if the event is ready. */
  dueMs: number;
}

/** An event as {@linkcode Admin.get} shows it. */
export interface EventDetails extends Omit<EventInfo, "state"> {
  /**
   * Its state. `done`: it is acknowledged, and the queue's policy remembers its id, until `dueMs` have passed; all
   * other fields are 0, empty or null.
   */
  state: EventState | "done";
  /** Milliseconds until the time to live ends; null if it never does. */
  ttlMs: number | null;
  /** Reason of the last failed delivery; empty if there is none. */
  reason: string;
  /** Key whose events are delivered in order; null if there is none. */
  group: string | null;
  /** What was pushed with it, not decoded; null if there is nothing. */
  meta: Uint8Array | null;
  /** Contents, not decoded. */
  contents: Uint8Array;
}

/** Options of {@linkcode Admin.list}. */
export interface ListOptions {
  /** Only events in this state. Default: all. */
  state?: EventState;
  /** Only ids that match this glob pattern: `*`, `?`, `[…]`, as in Redis. Default: all. */
  match?: string;
}

/** A timetable as {@linkcode Admin.timetables} shows it. */
export interface Timetable {
  /** Name of the queue to which its events are pushed. */
  queue: string;
  /** Unique within the queue. */
  name: string;
  /** Cron expression of five fields. */
  expression: string;
  /** IANA name of the time zone of the expression. */
  zone: string;
  /** Milliseconds until the next event is due. */
  nextMs: number;
  /** Milliseconds since the last event was pushed; null if none was. */
  lastMs: number | null;
}

/** Options of {@linkcode Admin.setTimetable}. */
export interface TimetableOptions {
  /** IANA name of the time zone of the expression. Default: UTC. */
  zone?: string;
  /** Key of the group of its events. Default: none. */
  group?: string;
  /** Handed on with its events. Default: none. */
  meta?: string | Uint8Array;
}

/**
 * Manages queues: policies, pauses, dead letters, timetables, single events, figures. Connects when it is first used,
 * and again after a lost connection; does not repeat commands.
 *
 * ```ts
 * await using admin = new Admin({ addresses: "127.0.0.1:4777" });
 * await admin.setPolicy("mails", { maxAttempts: 5 });
 * for await (const { id, attempts } of admin.list("mails:dead")) console.log(id, attempts);
 * await admin.move("mails:dead", "mails");
 * ```
 *
 * Every method throws {@linkcode Unavailable} if no okq can be reached or the connection is lost, and
 * {@linkcode Refused} for an error reply or a user that may not do it.
 */
export class Admin implements Disposable, AsyncDisposable {
  readonly #endpoints: Endpoints;
  readonly #closed = new AbortController();
  #connecting: Promise<Connection> | undefined;

  /**
   * Does not connect.
   *
   * @throws {TypeError} if an address cannot be read
   */
  constructor(options: AdminOptions = {}) {
    this.#endpoints = new Endpoints(options.addresses ?? DEFAULT_ADDRESS, options);
  }

  /** Returns the policy of a queue, defaults included. */
  async policy(queue: string): Promise<QueuePolicy> {
    const fields = fieldsOf(await this.#send("QCONFIG", "GET", queue));
    return {
      maxAttempts: Number(fields["max-attempts"]),
      deadQueue: `${fields["dead-queue"]}`,
      backoffMs: Number(fields.backoff) * 1000,
      backoffMaxMs: Number(fields["backoff-max"]) * 1000,
      maxLength: Number(fields["max-length"]),
      leaseMs: Number(fields.lease) * 1000,
      groupLimit: Number(fields["group-limit"]),
      rememberMs: Number(fields.remember) * 1000,
      maxProcessing: Number(fields["max-processing"]),
      rate: Number(fields.rate),
    };
  }

  /** Changes fields of a policy; null resets all of them. */
  async setPolicy(queue: string, change: Partial<QueuePolicy> | null): Promise<void> {
    if (change === null) return void await this.#send("QCONFIG", "RESET", queue);
    const seconds = (ms: number | undefined) => ms === undefined ? undefined : toSeconds(ms);
    const fields = {
      "max-attempts": change.maxAttempts,
      "dead-queue": change.deadQueue,
      "backoff": seconds(change.backoffMs),
      "backoff-max": seconds(change.backoffMaxMs),
      "max-length": change.maxLength,
      "lease": seconds(change.leaseMs),
      "group-limit": change.groupLimit,
      "remember": seconds(change.rememberMs),
      "max-processing": change.maxProcessing,
      "rate": change.rate,
    };
    const args = Object.entries(fields).flatMap(([name, value]) => value === undefined ? [] : [name, `${value}`]);
    if (args.length > 0) await this.#send("QCONFIG", "SET", queue, ...args);
  }

  /**
   * Stops the delivery of a queue's events.
   *
   * @param forMs resumes after this time, in milliseconds; by default not by itself
   * @throws {RangeError} if `forMs` is less than 1 or not finite
   */
  async pause(queue: string, forMs?: number): Promise<void> {
    await this.#send("QPAUSE", queue, ...forMs === undefined ? [] : [toSeconds(checkNumber("forMs", forMs, 1))]);
  }

  /** Resumes the delivery of a queue's events. */
  async resume(queue: string): Promise<void> {
    await this.#send("QRESUME", queue);
  }

  /**
   * Moves ready events to another queue, oldest first: the replay of dead letters. Their attempts begin anew.
   *
   * @param count the most; by default all that are there
   * @returns how many were moved
   * @throws {Unavailable} also if the connection was lost; then some may have been moved
   */
  async move(source: string, destination: string, count?: number): Promise<number> {
    const options = count === undefined ? [] : ["COUNT", `${count}`];
    return await this.#send("QMOVE", source, destination, ...options) as number;
  }

  /** Removes all events of a queue. Its policy and a pause stay. */
  async flush(queue: string): Promise<void> {
    await this.#send("QFLUSH", queue);
  }

  /** Lists the events of a queue, page by page. Those that come or go meanwhile may be missing, or listed twice. */
  async *list(queue: string, options: ListOptions = {}): AsyncGenerator<EventInfo, void, undefined> {
    const filter = options.state === undefined ? [] : ["STATE", options.state];
    if (options.match !== undefined) filter.push("MATCH", options.match);
    let cursor = "0";
    do {
      const args = [...filter, "CURSOR", cursor, "COUNT", `${PAGE_EVENTS}`];
      const [next, rows] = await this.#send("QLIST", queue, ...args) as [Buffer, unknown[][]];
      for (const [id, state, attempts, ageMs, size, dueMs] of rows) {
        yield { id: `${id}`, state: `${state}`, attempts, ageMs, size, dueMs } as EventInfo;
      }
      cursor = `${next}`;
    } while (cursor !== "0");
  }

  /** Returns all that is known of an event, or null if the queue does not hold it. */
  async get(queue: string, id: string): Promise<EventDetails | null> {
    const reply = await this.#send("QGET", queue, id);
    if (reply === null) return null;
    const { age: ageMs, due: dueMs, ttl: ttlMs, ...fields } = fieldsOf(reply);
    const group = fields.group === null ? null : `${fields.group}`;
    const texts = { id: `${fields.id}`, state: `${fields.state}`, reason: `${fields.reason}`, group };
    return { ...fields, ...texts, ageMs, dueMs, ttlMs } as EventDetails;
  }

  /** Removes an event in any state. @returns whether the queue held it */
  async cancel(queue: string, id: string): Promise<boolean> {
    return await this.#send("QACK", queue, id) === 1;
  }

  /** Returns the timetables of a queue, or of all queues that the user may access, by queue and name. */
  async timetables(queue?: string): Promise<Timetable[]> {
    const rows = await this.#send("QCRON", "LIST", ...queue === undefined ? [] : [queue]) as unknown[][];
    return rows.map(([queue, name, expression, zone, nextMs, lastMs]) => {
      return { queue: `${queue}`, name: `${name}`, expression: `${expression}`, zone: `${zone}`, nextMs, lastMs };
    }) as Timetable[];
  }

  /**
   * Has an event pushed at each time of a cron expression, with these contents, or changes the timetable of that name.
   * Events have the id `<name>@<time in UTC>`.
   */
  async setTimetable(
    queue: string,
    name: string,
    expression: string,
    contents: string | Uint8Array,
    { zone, group, meta }: TimetableOptions = {},
  ): Promise<void> {
    const options = Object.entries({ TZ: zone, GROUP: group, META: meta })
      .flatMap(([option, value]) => value === undefined ? [] : [option, toArg(value)]);
    await this.#send("QCRON", "SET", queue, name, expression, toArg(contents), ...options);
  }

  /** Deletes a timetable. @returns whether there was one */
  async deleteTimetable(queue: string, name: string): Promise<boolean> {
    return await this.#send("QCRON", "DEL", queue, name) === 1;
  }

  /** Returns the figures of these queues, zeros for one that does not exist; without names, of all active queues. */
  async stats(...queues: string[]): Promise<QueueStats[]> {
    const rows = await this.#send("QSTATS", ...queues) as unknown[][];
    return rows.map(([queue, total, processing, consumers, ready, delayed, oldestMs, paused, ...others]) => {
      const [pushed, acked, redelivered, dead, expired, blocked, limited] = others;
      return {
        queue: `${queue}`,
        total,
        processing,
        consumers,
        ready,
        delayed,
        oldestMs,
        paused: paused === 1,
        pushed,
        acked,
        redelivered,
        dead,
        expired,
        blocked,
        limited: limited === 1,
      } as QueueStats;
    });
  }

  /** Disconnects once pending commands have their replies. */
  async close(): Promise<void> {
    this.#closed.abort();
    (await this.#connecting?.catch(() => undefined))?.close();
  }

  /** Like {@linkcode close}, but does not wait. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Like {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #send(...command: Arg[]): Promise<unknown> {
    this.#connecting ??= this.#connect();
    const connecting = this.#connecting;
    try {
      return await (await connecting).send(command);
    } catch (error) {
      if (error instanceof Unavailable && this.#connecting === connecting) this.#connecting = undefined;
      throw error;
    }
  }

  async #connect(): Promise<Connection> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), CONNECT_MS);
    let reason: Error | undefined;
    try {
      const connection = await this.#endpoints.connect(
        (address) => Connection.open(address, REPLY_TIMEOUT_MS),
        AbortSignal.any([timeout.signal, this.#closed.signal]),
        (error) => reason = error as Error,
      );
      if (connection) return this.#use(connection);
      throw new Unavailable(reason?.message ?? "The admin is closed", false, { cause: reason });
    } catch (error) {
      this.#connecting = undefined; // the next command tries anew
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #use(connection: Connection): Connection {
    this.#endpoints.succeeded();
    connection.lost.then(() => this.#connecting = undefined);
    return connection;
  }
}

function toArg(value: string | Uint8Array): Arg {
  return typeof value === "string" ? value : contentsArg(value);
}

/** A flat array of names and values. */
function fieldsOf(reply: unknown): Record<string, unknown> {
  const flat = reply as unknown[];
  return Object.fromEntries(flat.flatMap((name, i) => i % 2 === 0 ? [[`${name}`, flat[i + 1]]] : []));
}
