/**
 * Turning away a client that comes when there are too many.
 *
 * @module
 */
import type { Socket } from "./listener.ts";

/** What is said to it, as by Redis. */
const REFUSAL = new TextEncoder().encode("-ERR max number of clients reached\r\n");

/** Says why, and hangs up. */
export async function refuse(conn: Socket): Promise<void> {
  try {
    await conn.write(REFUSAL);
  } catch {
    // It has gone already.
  }
  conn.close();
}
