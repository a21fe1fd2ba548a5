/**
 * Who makes the load of a soak: those who come and go, hang up in the middle, or speak nonsense.
 *
 * @module
 */
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { type Actor, expect, QUEUES, rest, rudely } from "./workload.ts";

const MIB = 1024 * 1024;

/** Connects, does a little, and leaves in one of several ways. */
const visitor: Actor = {
  name: "visitor",
  count: 4,
  play: (stage) =>
    rudely(stage, async (wire) => {
      const { random, unique, signal } = stage;
      const queue = `visit-${unique()}`;
      await wire.command("HELLO", random.pick(["2", "3"]), "SETNAME", "visitor");
      expect(`${await wire.command("QLPUSH", queue, "1", "hello")}`, "+OK");
      if (random.chance(0.5)) await wire.command("QREGISTER", queue);
      await wire.command("QRPOP", queue, "NOACK");
      const leave = random.between(0, 3);
      if (leave === 0) expect(`${await wire.command("QUIT")}`, "+OK");
      // Replies that nobody has read make the system answer with a reset when the connection is closed.
      if (leave === 1) { for (let i = 0; i < 50; i++) await wire.send("ECHO", "e".repeat(1000)); }
      if (leave === 2) {
        await wire.closeWrite();
        await rest(random.between(10, 1000), signal);
      }
      if (leave === 3) await wire.send("QRPOP", queue);
    }).finally(() => rest(stage.random.between(5, 50), stage.signal)),
};

/** Waits for events and is gone before one comes. */
const deserter: Actor = {
  name: "deserter",
  count: 4,
  play: (stage) =>
    rudely(stage, async (wire) => {
      const { random, unique, signal } = stage;
      await wire.command("QREGISTER", `deserted-${unique()}`, random.pick(QUEUES));
      await wire.send("QNOTIFY", "60");
      if (random.chance(0.3)) await wire.send("ECHO", "e".repeat(random.between(1, 2000)));
      await rest(random.between(0, 400), signal);
    }),
};

/** Sends the first half of a big event, or nonsense, and hangs up. */
const breaker: Actor = {
  name: "breaker",
  count: 1,
  play: (stage) =>
    rudely(stage, async (wire) => {
      const { random, unique, signal } = stage;
      const whole = encodeCommand(["QLPUSH", "broken", unique(), "b".repeat(random.between(1, 4) * MIB)]);
      if (random.chance(0.5)) await wire.raw(whole.subarray(0, random.between(1, whole.length - 1)));
      else {
        await wire.raw(random.pick(["GET / HTTP/1.1\r\n\r\n", "*1\r\n$-5\r\n", "*99999999\r\n", "\x16\x03\x01\x02"]));
        await wire.closeWrite();
        await wire.closed();
      }
      await rest(random.between(50, 300), signal);
    }),
};

/** Says nothing for a while, and then nothing more. */
const sleeper: Actor = {
  name: "sleeper",
  count: 10,
  play: (stage) => rudely(stage, () => rest(stage.random.between(100, 8000), stage.signal)),
};

/** Those who do not behave. */
export const RUDE_ACTORS: readonly Actor[] = [visitor, deserter, breaker, sleeper];
