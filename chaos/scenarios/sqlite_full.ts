import { Client, outcomeOf, sleep } from "../client.ts";
import { smallDisk } from "../small_disk.ts";
import type { Chaos, Scenery } from "../scenario.ts";

/** Room on the disk, in MiB. */
const DISK_MIB = 24;

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
        await chaos.outage(async () => {
          await disk.fill(chaos.okqs[0]);
          chaos.note("the disk is full");
          await seeRefusal(chaos);
          await sleep(chaos.random.between(200, 1500));
          await disk.makeRoom(chaos.okqs[0]);
        });
        chaos.note("there is room again");
      },
    };
  },
};

/** Pushes until a push is refused, which must be in clear words, and pops it all again. */
async function seeRefusal(chaos: Chaos): Promise<void> {
  await using client = await Client.connect(chaos.okqs[0].addr);
  const contents = "x".repeat(64 * 1024);
  const prefix = crypto.randomUUID();
  for (let i = 0; i < 1000; i++) {
    const answer = await client.one("QLPUSH", "filler", `${prefix}-${i}`, contents);
    if (answer === "+OK") continue;
    chaos.note(`a push is answered: ${answer}`);
    const outcome = outcomeOf(answer);
    chaos.expect(outcome !== "unexpected" && outcome !== "done", `A full disk is answered with ${answer}`);
    return;
  }
  chaos.expect(false, "The disk could not be filled");
}
