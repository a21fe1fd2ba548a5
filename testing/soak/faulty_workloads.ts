/**
 * Clients that come and go, disconnect in the middle, or break the protocol.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { expect, MIB, QUEUES, withWire, type Workload } from "./workload.ts";

const visitor: Workload = {
  name: "visitor",
  clients: 4,
  session: (context) =>
    withWire(context, async (wire) => {
      const { random, unique, signal } = context;
      const queue = `visit-${unique()}`;
      await wire.command("HELLO", random.pick(["2", "3"]), "SETNAME", "visitor");
      expect(`${await wire.command("QLPUSH", queue, "1", "hello")}`, "+OK");
      if (random.chance(0.5)) await wire.command("QREGISTER", queue);
      await wire.command("QRPOP", queue, "NOACK");
      const exit = random.between(0, 3);
      if (exit === 0) expect(`${await wire.command("QUIT")}`, "+OK");
      // Closing a socket with unread replies resets the connection.
      if (exit === 1) { for (let i = 0; i < 50; i++) await wire.send("ECHO", "e".repeat(1000)); }
      if (exit === 2) {
        await wire.closeWrite();
        await delay(random.between(10, 1000), signal);
      }
      if (exit === 3) await wire.send("QRPOP", queue);
    }).finally(() => delay(context.random.between(5, 50), context.signal)),
};

/** Waits for events and disconnects before one arrives. */
const deserter: Workload = {
  name: "deserter",
  clients: 4,
  session: (context) =>
    withWire(context, async (wire) => {
      const { random, unique, signal } = context;
      await wire.command("QREGISTER", `deserted-${unique()}`, random.pick(QUEUES));
      await wire.send("QNOTIFY", "60");
      if (random.chance(0.3)) await wire.send("ECHO", "e".repeat(random.between(1, 2000)));
      await delay(random.between(0, 400), signal);
    }),
};

/** Sends a part of a large event, or something that is not the protocol. */
const breaker: Workload = {
  name: "breaker",
  clients: 1,
  session: (context) =>
    withWire(context, async (wire) => {
      const { random, unique, signal } = context;
      const whole = encodeCommand(["QLPUSH", "broken", unique(), "b".repeat(random.between(1, 4) * MIB)]);
      if (random.chance(0.5)) await wire.raw(whole.subarray(0, random.between(1, whole.length - 1)));
      else {
        await wire.raw(random.pick(["GET / HTTP/1.1\r\n\r\n", "*1\r\n$-5\r\n", "*99999999\r\n", "\x16\x03\x01\x02"]));
        await wire.closeWrite();
        await wire.closed();
      }
      await delay(random.between(50, 300), signal);
    }),
};

/** Connects and sends nothing. */
const sleeper: Workload = {
  name: "sleeper",
  clients: 10,
  session: (context) => withWire(context, () => delay(context.random.between(100, 8000), context.signal)),
};

export const FAULTY_WORKLOADS: readonly Workload[] = [visitor, deserter, breaker, sleeper];
