import { delay } from "../../../core/util/async.ts";
import { Client, outcomeOf } from "../../client.ts";
import { makeFolder } from "../../stores.ts";
import type { Chaos, Scenario } from "../scenario.ts";
import { smallDisk } from "../small_disk.ts";

const FILLER = "filler";
/** Several times as much as the load of a run needs. */
const DISK_MIB = 96;
/** okq must remove the filler within this time once there is room. */
const DRAIN_MS = 60_000;

/** The only process that uses the file is killed. */
export const sqlite: Scenario = {
  name: "sqlite",
  about: "One instance with the embedded store; kill -9 and restart",
  async open(stack) {
    const folder = await makeFolder(stack);
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    return {
      instances: [{ store: `sqlite:${folder}/okq.db`, permissions }],
      async fault({ random, okqs: [okq], stalls, note }) {
        note("kill -9");
        await stalls.outage(async () => {
          await okq.kill();
          await delay(random.between(0, 500));
          await okq.start();
        });
      },
    };
  },
};

/** The disk fills up and has room again. */
export const sqliteFull: Scenario = {
  name: "sqlite-full",
  about: "One instance with the embedded store; the disk fills up and has room again",
  async open(stack) {
    const disk = stack.use(await smallDisk(DISK_MIB));
    const permissions = ["--allow-net", `--allow-read=${disk.folder}`, `--allow-write=${disk.folder}`];
    return {
      instances: [{ store: `sqlite:${disk.folder}/okq.db`, permissions, wrapper: disk.wrapper }],
      async fault(chaos) {
        await chaos.stalls.outage(async () => {
          await disk.fill(chaos.okqs[0]);
          chaos.note("the disk is full");
          await expectRefusal(chaos);
          await delay(chaos.random.between(200, 1500));
          await disk.makeRoom(chaos.okqs[0]);
        });
        await removeFiller(chaos);
        chaos.note("the disk has room again");
      },
    };
  },
};

/** Pushes until okq refuses; the refusal must be UNAVAILABLE. */
async function expectRefusal(chaos: Chaos): Promise<void> {
  await using client = await Client.connect(chaos.okqs[0].addr);
  const contents = "x".repeat(64 * 1024);
  const prefix = crypto.randomUUID();
  for (let i = 0; i < 1000; i++) {
    const answer = await client.command("QLPUSH", FILLER, `${prefix}-${i}`, contents);
    if (answer === "+OK") continue;
    chaos.note(`a push is answered: ${answer}`);
    const outcome = outcomeOf(answer);
    chaos.expect(outcome !== "unexpected" && outcome !== "done", `A push to a full disk is answered with ${answer}`);
    return;
  }
  chaos.expect(false, "1000 pushes did not fill the disk");
}

async function removeFiller(chaos: Chaos): Promise<void> {
  await using client = await Client.connect(chaos.okqs[0].addr);
  const end = performance.now() + DRAIN_MS;
  let answer = await client.command("QRPOP", FILLER, "NOACK");
  while (answer !== null && performance.now() < end) answer = await client.command("QRPOP", FILLER, "NOACK");
  chaos.expect(answer === null, `QRPOP is answered with ${answer} although the disk has room again`);
}
