/**
 * beanstalkd, a queue server in C that keeps its queues in memory: https://beanstalkd.github.io.
 *
 * @module
 */
import { eventually } from "../../../tests/support/eventually.ts";
import { Guard } from "../../../tests/support/process_guard.ts";
import { freePort } from "../../../tests/support/redis_server.ts";
import { contentsOf, type Step, textStep } from "../load/step.ts";

export interface Beanstalkd extends AsyncDisposable {
  port: number;
}

const START_MS = 5000;
/** Time limit of a reserved job, in seconds. */
const TTR = 3600;

/**
 * Starts beanstalkd; undefined if it is not installed.
 * @param args besides the address: `["-b", folder, "-f", "0"]` syncs every job to disk before its reply
 */
export async function startBeanstalkd(args: string[]): Promise<Beanstalkd | undefined> {
  const port = freePort();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("beanstalkd", { args: ["-l", "127.0.0.1", "-p", `${port}`, ...args], stdout: "null" })
      .spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const guard = new Guard(child.pid);
  await eventually(async () => (await Deno.connect({ hostname: "127.0.0.1", port })).close(), START_MS);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await guard.release();
    },
  };
}

/** The server makes the ids, and only the connection that reserved a job may delete it. */
export function beanstalkdSteps(bytes: number): { push: Step; pop: Step; ackPopped: Step } {
  return {
    push: textStep(`put 0 0 ${TTR} ${bytes}\r\n${contentsOf(bytes)}\r\n`, "none", "", 1, "INSERTED"),
    pop: { ...textStep("reserve\r\n", "none", "", 2, "RESERVED"), popped: { line: 0, from: "RESERVED ".length } },
    ackPopped: textStep("delete ", "popped", "\r\n", 1, "DELETED"),
  };
}
