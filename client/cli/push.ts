/**
 * `cli push queue < lines`: pushes each line of standard input as an event.
 *
 * @module
 */
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { Producer, type PushOptions } from "../producer.ts";
import { lines, messageOf, write } from "./console.ts";
import { rate, showProgress } from "./progress.ts";

export interface PushRequest {
  queue: string;
  /** By default ids are UUIDs. */
  idTemplate?: string;
  options: Pick<PushOptions, "side" | "delayMs" | "ttlMs" | "group" | "meta">;
}

// Fatal, because lines that differ only in bytes that are not UTF-8 would get the same id, and be passed over.
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Returns the exit code: 1 if any line was not pushed. */
export async function pushLines(
  address: Address,
  { queue, idTemplate, options }: PushRequest,
): Promise<number> {
  let count = 0;
  const since = performance.now();
  const endProgress = showProgress(() => `${count} lines read, ${rate(count, performance.now() - since)}`);
  const counted = async function* () {
    for await (const line of lines()) {
      count++;
      yield line;
    }
  };
  await using producer = new Producer({ ...address, addresses: formatAddress(address) });
  try {
    const id = (line: Uint8Array, index: number) =>
      idTemplate!.replaceAll(
        /\{(line|number)\}/g,
        (_, name) => name === "line" ? textOf(line, index) : `${index + 1}`,
      );
    const ids = await producer.pushAll(queue, counted(), {
      ...options,
      ...idTemplate === undefined ? {} : { id, ifPresent: "ignore" },
    });
    await endProgress();
    const passedOver = idTemplate === undefined ? "" : ", those included whose ids the queue held";
    await write(Deno.stdout, `pushed ${ids.length} events${passedOver}\n`);
    return 0;
  } catch (error) {
    await endProgress();
    await write(Deno.stderr, `${messageOf(error)}\n`);
    return 1;
  }
}

function textOf(line: Uint8Array, index: number): string {
  try {
    return decoder.decode(line);
  } catch {
    throw new Error(`Cannot make an id of line ${index + 1}, which is not UTF-8; use --id '{number}'`);
  }
}
