/**
 * `cli push queue < lines`: pushes each line of standard input as an event.
 *
 * @module
 */
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { Producer } from "../producer.ts";
import { lines, messageOf, write } from "./console.ts";
import { showProgress } from "./progress.ts";

/** Returns the exit code: 1 if any line was not pushed. */
export async function pushLines(address: Address, queue: string): Promise<number> {
  let count = 0;
  const endProgress = showProgress(() => `${count} lines read`);
  const counted = async function* () {
    for await (const line of lines()) {
      count++;
      yield line;
    }
  };
  await using producer = new Producer({ ...address, addresses: formatAddress(address) });
  try {
    const ids = await producer.pushAll(queue, counted());
    await endProgress();
    await write(Deno.stdout, `pushed ${ids.length} events\n`);
    return 0;
  } catch (error) {
    await endProgress();
    await write(Deno.stderr, `${messageOf(error)}\n`);
    return 1;
  }
}
