/**
 * Starts and stops the okq that the clients connect to. It has its events in a file, so that it can restart.
 *
 * @module
 */
import { Log } from "../../core/log.ts";
import { serve } from "../../server.ts";
import { assert } from "../deps.ts";

/** An okq for clients. */
export interface Okq extends AsyncDisposable {
  port: number;
  /** Closes it, and checks that its log is empty. */
  stop(): Promise<void>;
}

/**
 * Starts okq with its store in a folder. A busy machine must neither make it log slow commands nor cut off its shutdown.
 * @param port 0 for a free one
 */
export async function startOkq(folder: string, port = 0): Promise<Okq> {
  const lines: string[] = [];
  const server = await serve({
    listenAddr: { hostname: "127.0.0.1", port },
    store: `sqlite:${folder}/okq.db`,
    slowlogThresholdMs: 0,
    shutdownTimeoutMs: 60_000,
    log: new Log("warn", (line) => lines.push(line)),
  });
  return {
    port: server.addr.port,
    async stop() {
      await server.close();
      assert.deepEqual(lines, []);
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
