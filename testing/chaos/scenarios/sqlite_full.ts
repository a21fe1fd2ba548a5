import { Client, outcomeOf, sleep } from "../../client.ts";
import { smallDisk } from "../small_disk.ts";
import type { Chaos, Scenery } from "../scenario.ts";

/** The queue of what only takes room. */
const FILLER = "filler";

/** Room on the disk, in MiB: several times what okq itself needs for the events of a run. */
const DISK_MIB = 96;

/** Something else fills the disk, and is removed again. */
export const sqliteFull: Scenery = {
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
          await seeRefusal(chaos);
          await sleep(chaos.random.between(200, 1500));
          await disk.makeRoom(chaos.okqs[0]);
        });
        await takeFiller(chaos);
        chaos.note("there is room again");
      },
    };
  },
};

/** Pushes until a push is refused, which must be in clear words. */
async function seeRefusal(chaos: Chaos): Promise<void> {
  await using client = await Client.connect(chaos.okqs[0].addr);
  const contents = "x".repeat(64 * 1024);
  const prefix = crypto.randomUUID();
  for (let i = 0; i < 1000; i++) {
    const answer = await client.one("QLPUSH", FILLER, `${prefix}-${i}`, contents);
    if (answer === "+OK") continue;
    chaos.note(`a push is answered: ${answer}`);
    const outcome = outcomeOf(answer);
    chaos.expect(outcome !== "unexpected" && outcome !== "done", `A full disk is answered with ${answer}`);
    return;
  }
  chaos.expect(false, "The disk could not be filled");
}

async function takeFiller(chaos: Chaos): Promise<void> {
  await using client = await Client.connect(chaos.okqs[0].addr);
  const end = performance.now() + 5000;
  let answer = await client.one("QRPOP", FILLER, "NOACK");
  while (answer !== null && performance.now() < end) answer = await client.one("QRPOP", FILLER, "NOACK");
  chaos.expect(answer === null, `Taking events is answered with ${answer} although there is room again`);
}
